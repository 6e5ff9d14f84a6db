"""Documents of other tools, found where a release manifest is expected: detected by content, called by name.

Ultralytics: https://docs.ultralytics.com/datasets/detect/ · COCO: https://cocodataset.org/#format-data ·
DVC: https://dvc.org/doc/user-guide/project-structure · dataset cards:
https://huggingface.co/docs/hub/datasets-cards · Croissant: https://docs.mlcommons.org/croissant/ ·
Git LFS: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
"""

import re

from bot.answers import Finding
from bot.documents.read import Data

_LFS = re.compile(rb"\Aversion https?://(?:git-lfs\.github\.com|hawser\.github\.com)/")
_CARD = re.compile(rb"\A(?:\xef\xbb\xbf)?---[ \t]*\r?\n.*?\r?\n---[ \t]*\r?\n[ \t\r\n]*[^ \t\r\n]", re.DOTALL)
_CARD_KEY = re.compile(
    rb"^(?:license|language|task_categories|pretty_name|size_categories|dataset_info|configs|tags):",
    re.MULTILINE,
)
_BINARY = (b"PK\x03\x04", b"PAR1", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"%PDF")
_SCANNED = 64 * 1024


def foreign_bytes(data: bytes, *, file: str) -> Finding | None:
    """What `data` is instead of a document, as far as its bytes tell; None: it may be one."""
    if _LFS.match(data):
        return Finding(
            code="manifest.lfs-pointer",
            text="The file is a Git LFS pointer; the manifest itself is not in the repository.",
            fix="Exclude the manifest from LFS in .gitattributes and commit it as a plain file.",
            file=file,
            line=1,
        )
    head = data[:_SCANNED]
    if data.startswith(_BINARY) or (b"\0" in head and not data.startswith((b"\xff\xfe", b"\xfe\xff"))):
        return Finding(
            code="manifest.binary",
            text="The file is binary, not a release manifest.",
            fix="Write a release manifest in YAML that names this file as its snapshot.",
            file=file,
            line=1,
        )
    card = _CARD.match(head)
    if card is not None and _CARD_KEY.search(card.group()):
        return _foreign("a Hugging Face dataset card", file)
    return None


def foreign_data(data: Data, *, file: str) -> Finding | None:
    """Whose document `data` is, when it is a well-known one; None: it may be a release manifest."""
    if not isinstance(data, dict) or {"dataset", "snapshot"} <= data.keys():
        return None
    name = _name(data)
    return _foreign(name, file) if name else None


def _name(data: dict[str, Data]) -> str | None:
    keys = data.keys()
    if "datasets" in keys and "version" in keys:
        return "a sevengates policy"
    if "names" in keys and keys & {"train", "val", "nc", "path"}:
        return "an Ultralytics data.yaml"
    if "images" in keys and keys & {"annotations", "categories"}:
        return "a COCO file"
    if "outs" in keys or "stages" in keys:
        return "a DVC file"
    if "croissant" in str(data.get("conformsTo", "")).lower() or "recordSet" in keys:
        return "Croissant metadata"
    return None


def _foreign(name: str, file: str) -> Finding:
    return Finding(
        code="manifest.foreign",
        text=f"The file is {name}, not a release manifest.",
        fix="Write a release manifest that names this file, and let `manifest` in the policy match that one.",
        file=file,
        line=1,
    )
