"""Exported files that were read once are kept by the ids of their bytes, and not read again."""

from dataclasses import asdict
from hashlib import sha256

import msgspec
import pyarrow as pa

from bot.answers import Finding
from bot.evidence.exports.model import BoxForm, ExportConfig, ExportedFiles
from bot.evidence.frame_builder import frame_of
from bot.evidence.frame_rows import snapshot_of
from bot.evidence.shelf import Kept, key_of
from bot.forges.base import TreeEntry

READERS = 3
"""Raised whenever a reader takes the same exported files for something else; what is kept then is void."""


class _About(msgspec.Struct):
    boxes: BoxForm | None
    images_known: bool
    outlines: bool
    faults: tuple[Finding, ...]


def export_key(path: str, entry: TreeEntry, form: str | None, config: ExportConfig | None) -> str:
    """The key of exported files: Git's id of their bytes, and what else decides how they are read.

    Classes of the configuration are part of it, since files without names of their own take these.
    """
    classes = [(one.id, one.name) for one in config.classes] if config else None
    said = msgspec.json.encode([READERS, form, classes])
    return key_of(path, entry, f"export {sha256(said).hexdigest()}")


def kept_of(files: ExportedFiles, digest: str) -> Kept | None:
    """What to keep; None where columns cannot hold it, such as a picture wider than 2^63 pixels."""
    try:
        frame = frame_of(files.content)
    except (pa.ArrowException, OverflowError):
        return None
    about = {
        "boxes": files.boxes,
        "images_known": files.images_known,
        "outlines": files.outlines,
        "faults": [asdict(fault) for fault in files.faults],
    }
    return Kept(frame=frame, digest=digest, about=about)


def exported_of(kept: Kept) -> ExportedFiles:
    """The files as they were read."""
    about = msgspec.convert(kept.about, _About)
    return ExportedFiles(
        content=snapshot_of(kept.frame),
        boxes=about.boxes,
        faults=about.faults,
        images_known=about.images_known,
        outlines=about.outlines,
    )
