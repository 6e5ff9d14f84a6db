"""The release manifest: the file whose merge is the release, as validated values.

It names the candidate: which snapshot, against which baseline, what is *supposed* to change, and
the evidence from the labelling tool. Paths are relative to the manifest's own directory unless
they begin with "/" (the repository root). Reading bytes is `bot.documents`.
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from bot.policy import Strict

Digest = Annotated[str, Field(pattern=r"^(sha256:[0-9a-f]{64}|gittree:[0-9a-f]{40})$")]
"""``sha256:`` of a file's bytes, or ``gittree:`` the Git tree id of a directory."""


class Source(Strict):
    """Where bytes are: a path in the repository or a URL, one of the two, and their digest."""

    path: str | None = None
    url: str | None = None
    format: str | None = None
    digest: Digest | None = None


class SnapshotSource(Source):
    """The candidate snapshot. `format`: coco, yolo, jsonl or parquet; detected when left out."""


class EvidenceSource(Source):
    """Evidence about a snapshot: bound to it by digest, true as of a time."""

    snapshot: Digest | None = None
    as_of: AwareDatetime | None = None


class IntendedChange(Strict):
    """One intended change: what may change, where, in which direction, and how much.

    Empty `classes`, `splits` or `items` (item id globs) mean "any". `kinds` says what may happen.
    `max_share`: largest share of the baseline's annotations (per class and split) touched.
    """

    kinds: Annotated[
        tuple[
            Literal[
                "add-items",
                "remove-items",
                "add-annotations",
                "remove-annotations",
                "relabel",
                "move",
                "change-split",
            ],
            ...,
        ],
        Field(min_length=1),
    ]
    classes: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    max_share: Annotated[float, Field(gt=0.0)] | None = None
    why: str = ""


class ExportSource(Strict):
    """One export of the candidate: its configuration, and the exported files where committed."""

    config: str
    artefact: Source | None = None


class Manifest(Strict):
    """A whole release manifest."""

    dataset: str
    version: Annotated[str, Field(min_length=1)]
    schema_: Annotated[Source, Field(alias="schema")]
    snapshot: SnapshotSource
    baseline: str | None = None
    """The version of the release this one is compared with, as the baseline manifest writes it."""
    intent: tuple[IntendedChange, ...] | None = None
    """None: nothing was declared (vague). An empty list: nothing is supposed to change."""
    assignments: EvidenceSource | None = None
    reviews: EvidenceSource | None = None
    exports: tuple[ExportSource, ...] = ()
