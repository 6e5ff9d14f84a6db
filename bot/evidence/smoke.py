"""What `python -m bot export-smoke` found out on the team's own runner, bound to what it looked at.

The runner has files that the repository does not: an export of gigabytes, or one that CI makes.
The record names the digests of the snapshot, the configuration and the exported files it compared,
and is believed for exactly these. Like all evidence in the repository it is written by whoever
opens the pull request; a downstream check bound to its app is what nobody can write by hand.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import msgspec

from bot.answers import EvidenceUsed, Finding
from bot.evidence.exports.model import SmokeRun
from bot.evidence.model import Loaded
from bot.evidence.sources import Files, Naming, RefusedSourceError, fetch
from bot.evidence.values import DECODE_ERRORS, explained
from bot.manifest import Source

VERSION = 1


class Run(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One export that was looked at. `artefact` is "" where the manifest names no exported files."""

    config: str
    artefact: str
    outcome: Literal["passed", "failed", "vague"]
    codes: tuple[str, ...] = ()
    annotations: int = 0


class Record(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What one run of the command leaves: digests as the manifest writes them."""

    sevengates_export_smoke: int = VERSION
    dataset: str
    version: str
    snapshot: str
    exports: tuple[Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The digests that a record must speak of; None: nobody knows it."""

    snapshot: str | None
    config: str | None
    artefact: str | None


def load_smoke(
    files: Files, source: Source, naming: Naming, *, manifest_path: str, bound: Bound
) -> Loaded[SmokeRun]:
    """The run about the export of these digests, or the findings that say why there is none."""
    try:
        fetched = fetch(files, source, naming, manifest_path=manifest_path)
    except RefusedSourceError as error:
        return Loaded(problems=(error.finding,))
    found = _matching(fetched.data, naming, bound)
    return replace(found, used=EvidenceUsed(source=fetched.used.source, digest=fetched.used.digest))


def _matching(data: bytes, naming: Naming, bound: Bound) -> Loaded[SmokeRun]:
    fix = "Run `python -m bot export-smoke` for this very release, and name the record it writes."
    try:
        record = msgspec.json.decode(data, type=Record)
    except DECODE_ERRORS as error:
        text = f"{naming.what} is no record of export-smoke: {explained(error)}."
        return Loaded(problems=(naming.finding("export.smoke-unreadable", text, fix),))
    if record.sevengates_export_smoke != VERSION:
        text = f"{naming.what} has version {record.sevengates_export_smoke}; {VERSION} is read."
        return Loaded(problems=(naming.finding("export.smoke-unreadable", text, fix),))
    runs = [run for run in record.exports if run.config == bound.config]
    problems = tuple(_differences(record, runs, naming, bound, fix))
    if problems:
        return Loaded(problems=problems)
    run = runs[0]
    value = SmokeRun(outcome=run.outcome, codes=run.codes, has_files=bool(run.artefact))
    return Loaded(value=value)


def _differences(
    record: Record, runs: list[Run], naming: Naming, bound: Bound, fix: str
) -> Iterator[Finding]:
    """What the record speaks of instead of this release."""
    looked_at = {run.artefact for run in runs}
    stated = [
        ("the snapshot", {record.snapshot}, bound.snapshot),
        ("the configuration", {run.config for run in record.exports}, bound.config),
        ("the exported files", looked_at, bound.artefact or ""),
    ]
    for what, digests, wanted in stated:
        if wanted is None or wanted not in digests:
            told = ", ".join(sorted(digests)) or "nothing"
            text = f"{naming.what} is about {told} as {what}; here it is {wanted or 'unknown'}."
            yield naming.finding("export.smoke-other-bytes", text, fix)
