"""Files that stand for other bytes: Git LFS pointers and DVC files.

What they point at is not in the repository, so nothing can be said of it: never passed.
Git LFS: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
DVC: https://dvc.org/doc/user-guide/project-structure/dvc-files
"""

import re

_LFS = re.compile(rb"\Aversion https?://(git-lfs\.github\.com|hawser\.github\.com)/")
_DVC = re.compile(rb"\A(?:#[^\n]*\n|\s*\n)*(outs|deps|md5|wdir|frozen|meta|desc):", re.MULTILINE)
_DVC_HASH = re.compile(rb"^[\s-]*(md5|etag|checksum|hash):", re.MULTILINE)
_DVC_LOCK = re.compile(rb"^schema: ['\"]?2\.0['\"]?\s*$.*^stages:", re.MULTILINE | re.DOTALL)

_LARGEST = 1024
"""A pointer is small; LFS itself refuses to read more (https://github.com/git-lfs/git-lfs spec)."""
_LARGEST_LOCK = 1 << 20


def pointer_kind(data: bytes) -> str | None:
    """ "Git LFS pointer", "DVC file" or None: what these bytes are instead of data."""
    if len(data) <= _LARGEST and _LFS.match(data):
        return "Git LFS pointer"
    if len(data) > _LARGEST_LOCK:
        return None
    if _DVC.match(data) and re.search(rb"^outs:", data, re.MULTILINE) and _DVC_HASH.search(data):
        return "DVC file"
    if _DVC_LOCK.search(data):
        return "DVC file"
    return None
