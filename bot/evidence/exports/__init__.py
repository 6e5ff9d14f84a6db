"""Exported files, read by the rules of those who consume them, mistakes included.

The readers of snapshots refuse what is not as it should be. These take what the consumer would
take, so that gate 6 can say how it differs from the snapshot, and note as *faults* what the
consumer refuses, leaves out or overwrites.
"""
