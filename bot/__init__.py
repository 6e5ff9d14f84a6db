"""Sevengates: quality gates for dataset releases, enforced in the pull request."""
