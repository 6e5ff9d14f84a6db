"""What `python -m bot export-smoke` found out on the team's own runner, bound to what it looked at.

The runner has files that the service has not: an export in LFS, one that is too large, one that CI
makes. The record names the digests of the snapshot, the configuration and the exported files that
were compared, with the counts of what was read, and is believed for exactly these bytes. Like all
evidence in the repository it is written by whoever opens the pull request: gate 6 says what it
takes to let it count.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated

import msgspec

from bot.answers import EvidenceUsed, Finding, Outcome
from bot.documents import resolve
from bot.evidence.exports.model import SmokeRun
from bot.evidence.model import Loaded
from bot.evidence.problems import shown
from bot.evidence.sources import Files, Naming, RefusedSourceError, fetch
from bot.evidence.values import DECODE_ERRORS, explained
from bot.forges.base import ObjectKind
from bot.manifest import Source

VERSION = 1
"""Raised whenever the command checks more than it did; older records are void then."""
_PREFIXES = {ObjectKind.FILE: "gitblob", ObjectKind.DIRECTORY: "gittree"}
_Digest = Annotated[
    str, msgspec.Meta(pattern="^$|^sha256:[0-9a-f]{64}$|^git(tree|blob):([0-9a-f]{40}|[0-9a-f]{64})$")
]
_AGAIN = "Run `python -m bot export-smoke` for this very release, and commit the record it writes."


class Run(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One export that was looked at.

    Digests are as the manifest writes them. `artefact` is the digest of the exported files and
    `git` the id that Git has for them; both are "" where the manifest names none. `format` is the
    one stated for them. `items` counts by split, `annotations` by split and class, as read back.
    """

    manifest: str
    dataset: str
    version: str
    snapshot: _Digest
    config: _Digest
    artefact: _Digest
    git: _Digest
    format: str
    outcome: Outcome
    codes: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    items: tuple[tuple[str, int], ...] = ()
    annotations: tuple[tuple[str, str, int], ...] = ()


class Record(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What one run of the command leaves."""

    sevengates_export_smoke: int = VERSION
    exports: tuple[Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What a run must speak of: names, and digests, which are None where nobody knows them.

    `declared` is the digest the manifest gives the exported files, `git` Git's id of what is
    committed at their place, and `named` whether the manifest names any.
    """

    dataset: str
    version: str
    snapshot: str | None
    config: str | None
    format: str
    named: bool
    declared: str | None = None
    git: str | None = None


def git_id(files: Files, source: Source, manifest_path: str) -> str | None:
    """``gitblob:`` or ``gittree:`` of what lies where `source` points, None: no file or directory does."""
    path = resolve(manifest_path, source.path) if source.path is not None else None
    entry = files.entry(path) if path else None
    if entry is None or entry.kind not in _PREFIXES:
        return None
    return f"{_PREFIXES[entry.kind]}:{entry.oid}"


def load_smoke(
    files: Files, source: Source, naming: Naming, *, manifest_path: str, bound: Bound
) -> Loaded[SmokeRun]:
    """The run about the export of these digests, or the findings that say why there is none."""
    try:
        fetched = fetch(files, source, naming, manifest_path=manifest_path)
    except RefusedSourceError as error:
        return Loaded(problems=(error.finding,))
    record = read_record(fetched.data, naming)
    used = EvidenceUsed(source=fetched.used.source, digest=fetched.used.digest)
    if record.value is None:
        return Loaded(problems=record.problems, used=used)
    return replace(_matching(record.value, naming, bound), used=used)


def read_record(data: bytes, naming: Naming) -> Loaded[Record]:
    """A record, or the finding that says why it is none."""
    try:
        record = msgspec.json.decode(data, type=Record)
    except DECODE_ERRORS as error:
        text = f"{naming.what} is no record of export-smoke: {explained(error)}."
        return Loaded(problems=(naming.finding("export.smoke-unreadable", text, _AGAIN),))
    if record.sevengates_export_smoke != VERSION:
        text = f"{naming.what} has version {record.sevengates_export_smoke}; {VERSION} is read."
        return Loaded(problems=(naming.finding("export.smoke-unreadable", text, _AGAIN),))
    return Loaded(value=record)


def _matching(record: Record, naming: Naming, bound: Bound) -> Loaded[SmokeRun]:
    """The run without a difference, else the differences of the nearest one."""
    compared = [(tuple(_differences(run, naming, bound)), run) for run in record.exports]
    if not compared:
        text = f"{naming.what} is about no export."
        return Loaded(problems=(naming.finding("export.smoke-other-bytes", text, _AGAIN),))
    differences, run = min(compared, key=lambda one: len(one[0]))
    return Loaded(problems=differences) if differences else Loaded(value=_normal(run))


def _differences(run: Run, naming: Naming, bound: Bound) -> Iterator[Finding]:
    """What the run speaks of instead of this release."""
    stated = [
        ("the data set", run.dataset, bound.dataset),
        ("the version", run.version, bound.version),
        ("the snapshot", run.snapshot, bound.snapshot),
        ("the configuration", run.config, bound.config),
        ("the format", run.format, bound.format),
    ]
    if bound.declared is not None or bound.git is None:
        stated.append(("the exported files", run.artefact, bound.declared if bound.named else ""))
    if bound.git is not None:
        stated.append(("the exported files in Git", run.git, bound.git))
    for what, told, here in stated:
        if told != here:
            text = f"{naming.what} is about {_quoted(told)} as {what}; here it is {_quoted(here)}."
            unbound = here is None and what == "the exported files"
            fix = f"If these are meant, write `digest: {told}` under `artefact`." if unbound else _AGAIN
            yield naming.finding("export.smoke-other-bytes", text, fix)


def _normal(run: Run) -> SmokeRun:
    return SmokeRun(
        outcome=run.outcome,
        codes=run.codes,
        checks=run.checks,
        items=dict(run.items),
        annotations={(split, label): count for split, label, count in run.annotations},
    )


def _quoted(digest: str | None) -> str:
    """A digest in full, or the format, in quotes."""
    if digest is None:
        return "not known"
    return f'"{digest}"' if ":" in digest else shown(digest)
