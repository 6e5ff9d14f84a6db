"""Archives of exported files (ZIP, tar, gzipped tar), read member by member without being unpacked.

What makes archives dangerous is refused by name before anything is decompressed: members that
would leave the directory, links, one name twice, archives within archives, members that overlap,
and whatever would become larger than the limits.
"""
