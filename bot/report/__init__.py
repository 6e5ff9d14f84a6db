"""What people read: the comment, the check and its annotations, all from the same report."""
