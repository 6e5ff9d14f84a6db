"""Telling formats by content; a file's name only breaks ties."""

import re
from typing import get_args

from bot.evidence.tables import BOM, TableFormat

SNAPSHOT_FORMATS = ("coco", "yolo", "voc", "label-studio", "jsonl", "parquet")
TABLE_FORMATS: tuple[TableFormat, ...] = get_args(TableFormat)

_PARQUET = b"PAR1"
_COCO_KEY = re.compile(rb'"(?:images|annotations|categories)"\s*:')
_TASK = re.compile(rb'"data"\s*:\s*\{|"annotation_id"\s*:')
_TASK_WORK = re.compile(rb'"(?:annotations|completions|drafts|predictions|annotation_id)"\s*:')
_RECORD = re.compile(rb'\s*\{\s*"(?:item|annotation|classes)"\s*:')
_HEADER = re.compile(rb"[\w \"-]+(,[\w \"-]+)+\r?$", re.MULTILINE)

YOLO_CONFIGS = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
"""Names of a YOLO directory's configuration, in order of preference."""
_DARKNET = ("obj.names", "obj.data", "classes.txt")
"""Names of what older YOLO directories have instead, which are refused."""


def table_format(data: bytes, *, file: str) -> TableFormat | None:
    """The format of labels, assignments or reviews, or None when it is none we read.

    An empty file says nothing; there its suffix decides.
    """
    text = data.removeprefix(BOM).lstrip()
    if data.startswith(_PARQUET):
        return "parquet"
    if text.startswith(b"{"):
        return "jsonl"
    if not text:
        suffix = file.rpartition(".")[2].lower()
        return next((form for form in ("jsonl", "csv") if form == suffix), None)
    return "csv" if _HEADER.match(text) else None


def snapshot_format(data: bytes) -> str | None:
    """The format of a snapshot in one file (coco, label-studio, jsonl or parquet), or None."""
    if data.startswith(_PARQUET):
        return "parquet"
    if _RECORD.match(data.removeprefix(BOM)):
        return "jsonl"
    if data.removeprefix(BOM).lstrip().startswith(b"["):
        return "label-studio" if _TASK.search(data) and _TASK_WORK.search(data) else None
    if _COCO_KEY.search(data):
        return "coco"
    return None


def directory_format(names: tuple[str, ...]) -> str | None:
    """The format of a snapshot directory, told by the paths of its files relative to it, or None.

    "coco" stands for JSON files, which may be Label Studio's by their content.
    """
    if any(name in YOLO_CONFIGS for name in names):
        return "yolo"
    if any(name.lower().endswith(".json") for name in names):
        return "coco"
    if any(name.lower().endswith(".xml") for name in names):
        return "voc"
    return "yolo" if yolo_config(names) or any(name in _DARKNET for name in names) else None


def yolo_config(names: tuple[str, ...]) -> str | None:
    """The configuration of a YOLO directory among its files: of a usual name, or its only YAML file."""
    usual = next((name for name in YOLO_CONFIGS if name in names), None)
    others = [name for name in names if "/" not in name and name.lower().endswith((".yaml", ".yml"))]
    return usual or (others[0] if len(others) == 1 else None)
