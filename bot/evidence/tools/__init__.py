"""Exports of labelling tools, each read into the normal form of evidence by one file."""
