"""What the comparison costs, beside what others need: `make bench`."""
