"""What gate 5 compares with: the difference of two snapshots, its declaration, drift and leakage."""
