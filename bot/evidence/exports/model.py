"""Exports in their normal form: the configuration, the exported files, and what others found out of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.answers import Finding, Outcome, Table
from bot.evidence.model import Loaded, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassEntry:
    """One class of an export configuration: the id the consumer will see, as text, and its line."""

    id: str
    name: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportConfig:
    """How the candidate is exported: the consumer's format and class mapping.

    `faults` are proven by the file alone, such as a name that YAML does not read as text.
    """

    file: str
    format: str
    classes: tuple[ClassEntry, ...]
    faults: tuple[Finding, ...] = ()


class BoxForm(StrEnum):
    """How the files of a format write a box, and what their consumer takes them for."""

    SIZES = "x, y, width, height"
    """The top left corner and the size, in pixels: COCO and our own forms."""
    CENTRE = "centre x, centre y, width, height"
    """As fractions of the picture: YOLO."""
    CORNERS = "x1, y1, x2, y2"
    """Two corners, in whole pixels: Pascal VOC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedFiles:
    """Exported files as their consumer takes them.

    `content` holds boxes as they come out by the consumer's reading, sizes may be negative; in
    the form CENTRE they are fractions of the picture. `faults` are what the consumer refuses or
    leaves out. `boxes` None: a form that says itself whether it has fractions. `images_known`:
    whether the files tell pictures that have no annotations, `outlines` whether outlines are meant.
    """

    content: Snapshot
    boxes: BoxForm | None = None
    faults: tuple[Finding, ...] = ()
    images_known: bool = True
    outlines: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SmokeRun:
    """What `export-smoke` found out about one export on the team's runner.

    `checks` names what was done, such as `READ_BACK`. `items` counts by split, `annotations`
    by (split, class), as they were read back.
    """

    outcome: Outcome
    codes: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    items: Mapping[str, int] = field(default_factory=dict)
    annotations: Mapping[tuple[str, str], int] = field(default_factory=dict)


READ_BACK = "read-back"
"""The check that read exported files by their consumer's rules and compared them with the snapshot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What reading exported files back showed: differences, and what cannot be told.

    `items` are those that both sides have, by split; `annotations` by split and class, those of
    the snapshot and those that were read.
    """

    failures: tuple[Finding, ...] = ()
    unmeasured: tuple[Finding, ...] = ()
    items: tuple[tuple[str, int], ...] = ()
    annotations: tuple[tuple[str, str, int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTrip:
    """What converting the candidate and reading it back showed.

    `failures` are differences, `unmapped` annotations of classes that the map lacks, `doubts` say why
    it shows nothing. `row` is its line in a table, `facts` what the format cannot carry. `complete`:
    it came to an end, and need not be made again for the same bytes.
    """

    failures: tuple[Finding, ...] = ()
    unmapped: tuple[Finding, ...] = ()
    doubts: tuple[Finding, ...] = ()
    facts: tuple[Table, ...] = ()
    row: tuple[str, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportEvidence:
    """One export: its configuration, and the exported files read back by their consumer's rules.

    `artefact` is None when the manifest names no exported files, `smoke` when it names no record
    of a run on the team's runner, `reading` when the exported files were not compared yet, `round_trip`
    when none was made here. `file` and `line` are where the manifest names the export.
    """

    config: Loaded[ExportConfig]
    artefact: Loaded[ExportedFiles] | None = None
    smoke: Loaded[SmokeRun] | None = None
    reading: Reading | None = None
    round_trip: RoundTrip | None = None
    file: str = ""
    line: int | None = None
