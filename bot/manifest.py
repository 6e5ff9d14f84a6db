"""The release manifest: the file whose merge is the release, as validated values.

It names the candidate: which snapshot, against which baseline, what is *supposed* to change, and
the evidence from the labelling tool. Paths are relative to the manifest's own directory unless
they begin with "/" (the repository root). Reading bytes is `bot.documents`.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from bot.fields import Digest, RelativePath, RepoGlob, Strict, Time, Url, malformed

SnapshotFormat = Literal["coco", "yolo", "voc", "label-studio", "jsonl", "parquet"]


class Source(Strict):
    """Where bytes are: a path in the repository or a URL, one of the two, and their digest."""

    path: Annotated[
        RelativePath | None,
        Field(description='Relative to the manifest; from the repository root after "/".'),
    ] = None
    url: Url | None = None
    format: str | None = None
    digest: Annotated[Digest | None, Field(description="sha256: of a file, or gittree: of a directory.")] = (
        None
    )

    @model_validator(mode="after")
    def _is_in_one_place(self) -> "Source":
        if self.path is not None and self.url is not None:
            raise malformed("two-sources", "Both `path` and `url` are given.", "Keep one of the two.")
        if self.path is None and self.url is None:
            raise malformed("no-source", "Neither `path` nor `url` is given.", "Add the `path` of the file.")
        return self


class SnapshotSource(Source):
    """The candidate snapshot; its format is detected when left out."""

    format: SnapshotFormat | None = None


class EvidenceSource(Source):
    """Evidence about a snapshot: bound to it by digest, true as of a time."""

    snapshot: Annotated[
        Digest | None, Field(description="Digest of the snapshot this evidence speaks of.")
    ] = None
    as_of: Annotated[Time | None, Field(description="When the tool exported it.")] = None


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
                "replace-items",
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
    items: tuple[RepoGlob, ...] = ()
    max_share: Annotated[float, Field(gt=0.0)] | None = None
    why: str = ""


class ExportSource(Strict):
    """One export of the candidate: its configuration, and the exported files where committed."""

    config: Annotated[RelativePath, Field(description="The export's configuration, such as a data.yaml.")]
    artefact: Source | None = None
    smoke: Annotated[
        Source | None, Field(description="What `export-smoke` wrote about these very files, on the runner.")
    ] = None


class Manifest(Strict):
    """One release of a dataset: its snapshot, what is supposed to change, and the evidence for it."""

    dataset: Annotated[str, Field(min_length=1, description="The dataset's name in the policy.")]
    version: Annotated[str, Field(min_length=1)]
    schema_: Annotated[Source, Field(alias="schema")]
    snapshot: SnapshotSource
    baseline: Annotated[
        str | None,
        Field(description="Version of the release this one is compared with, as that one writes it."),
    ] = None
    intent: Annotated[
        tuple[IntendedChange, ...] | None,
        Field(
            description="What is supposed to change. An empty list: nothing; left out: undeclared, so vague."
        ),
    ] = None
    assignments: EvidenceSource | None = None
    reviews: EvidenceSource | None = None
    exports: tuple[ExportSource, ...] = ()
