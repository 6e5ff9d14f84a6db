"""Files that stand for other bytes: what they are, by their content.

What they point at is not in the repository, so nothing can be said of it: never passed.
Git LFS: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
DVC: https://dvc.org/doc/user-guide/project-structure/dvc-files
lakeFS: https://docs.lakefs.io/howto/local-checkouts.html
Croissant: https://docs.mlcommons.org/croissant/docs/croissant-spec.html
Hugging Face: https://huggingface.co/docs/hub/datasets-cards
"""

import re
from enum import StrEnum


class PointerKind(StrEnum):
    """What a file is instead of data, as a sentence calls it."""

    LFS = "Git LFS pointer"
    DVC = "DVC file"
    DVC_LISTING = "DVC directory listing"
    LAKEFS = "lakeFS reference"
    CROISSANT = "Croissant description"
    HUGGING_FACE = "Hugging Face dataset card"


_LFS = re.compile(rb"\Aversion https?://(git-lfs\.github\.com|hawser\.github\.com)/")
_DVC = re.compile(rb"\A(?:#[^\n]*\n|\s*\n)*(outs|deps|md5|wdir|frozen|meta|desc):", re.MULTILINE)
_DVC_OUTS = re.compile(rb"^outs:", re.MULTILINE)
_DVC_HASH = re.compile(rb"^[\s-]*(md5|etag|checksum|hash):", re.MULTILINE)
_DVC_LOCK = re.compile(rb"^schema: ['\"]?2\.0['\"]?\s*$.*^stages:", re.MULTILINE | re.DOTALL)
_DVC_LISTING = re.compile(rb'\A\s*\[\s*\{\s*"(md5|relpath)"\s*:')
_LAKEFS = re.compile(rb"^src:\s*['\"]?lakefs://", re.MULTILINE)
_LAKEFS_HEAD = re.compile(rb"^at_head:", re.MULTILINE)
_CROISSANT = re.compile(rb'"@type"\s*:\s*"(?:sc:|schema:|https?://schema\.org/)?Dataset"')
_CARD = re.compile(
    rb"\A---[ \t]*\r?\n(?:(?!---).*\n)*?"
    rb"(?:dataset_info|configs|task_categories|size_categories|annotations_creators|pretty_name):"
)
_CARD_INFOS = re.compile(rb'\A\s*\{.*"download_checksums"\s*:', re.DOTALL)

_LARGEST_LFS = 1024
"""LFS itself refuses to read a larger pointer."""
_LARGEST = 1 << 20
_HEAD = 1 << 16
"""Bytes in which a description of a data set says what it is."""


def pointer_kind(data: bytes) -> PointerKind | None:
    """What these bytes are instead of data; None: they are no pointer."""
    if len(data) <= _LARGEST_LFS and _LFS.match(data):
        return PointerKind.LFS
    if _DVC_LISTING.match(data[:_HEAD]):
        return PointerKind.DVC_LISTING
    if len(data) > _LARGEST:
        return None
    if (_DVC.match(data) and _DVC_OUTS.search(data) and _DVC_HASH.search(data)) or _DVC_LOCK.search(data):
        return PointerKind.DVC
    if _LAKEFS.search(data) and _LAKEFS_HEAD.search(data):
        return PointerKind.LAKEFS
    if data.lstrip().startswith(b"{") and _CROISSANT.search(data[:_HEAD]):
        return PointerKind.CROISSANT
    if _CARD.match(data) or _CARD_INFOS.match(data[:_HEAD]):
        return PointerKind.HUGGING_FACE
    return None
