"""The seven gates: one pure function in one file each, bound to its slice by one ordered table."""
