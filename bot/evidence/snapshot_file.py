"""One file as a snapshot, in the format it is in."""

from bot.answers import Finding
from bot.evidence.coco import read_coco
from bot.evidence.detect import SNAPSHOT_FORMATS, snapshot_format
from bot.evidence.label_studio import read_label_studio_snapshot
from bot.evidence.model import Loaded, Snapshot
from bot.evidence.snapshot_records import read_jsonl, read_parquet
from bot.evidence.sources import Naming

READERS = {
    "coco": read_coco,
    "label-studio": read_label_studio_snapshot,
    "jsonl": read_jsonl,
    "parquet": read_parquet,
}
"""The formats that one file may have."""

_DIRECTORIES = {
    "yolo": "a YOLO snapshot is the directory of its data.yaml",
    "voc": "a Pascal VOC snapshot is a directory",
}


def read_one(data: bytes, path: str, form: str | None, naming: Naming) -> Loaded[Snapshot]:
    """The snapshot in `data`, read as `form` or as what it looks like."""
    if form in _DIRECTORIES:
        text = f"{naming.what} `{path}` is a file; {_DIRECTORIES[form]}."
        return Loaded(problems=(naming.finding("snapshot.not-a-directory", text, "Name the directory."),))
    reader = READERS.get(form or snapshot_format(data) or "")
    if reader is None:
        return Loaded(problems=(unknown_format(naming, f"the format of `{path}`"),))
    return reader(data, file=path)


def unknown_format(naming: Naming, what: str) -> Finding:
    """What is said of a file or directory that no reader takes."""
    return naming.finding(
        "snapshot.unknown-format",
        f"{naming.what}: {what} is none that is read.",
        f"Write `format` as one of {', '.join(SNAPSHOT_FORMATS)}, and export the snapshot so.",
        field="format",
    )
