"""Fetching snapshots from the places that the operator allows, and from nowhere else.

Plain https goes through requests with the address filter of requests-hardened: the name is resolved
once, private addresses are refused and the connection is pinned to the address that was looked at.
Every other scheme (s3, gs, file, …) goes through fsspec, for which the operator installs drivers.
"""
