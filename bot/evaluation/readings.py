"""Exported files read back, of the same bytes once: what depends on digests alone is not found out again."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from hashlib import sha256

import msgspec

from bot.evidence.exports import keeping
from bot.evidence.exports.model import ExportEvidence, Reading
from bot.evidence.frame_builder import frame_of
from bot.evidence.model import Loaded, Snapshot
from bot.evidence.shelf import READERS, Kept, Shelf
from bot.gates.export.reading import read
from bot.manifest import ExportSource, Manifest

READINGS = 1
"""Raised whenever reading back says something else of the same bytes; what is kept then is void."""


def with_readings(
    snapshot: Loaded[Snapshot], exports: tuple[ExportEvidence, ...], manifest: Manifest, shelf: Shelf
) -> tuple[ExportEvidence, ...]:
    """The exports of `manifest` with what reading them back shows, from the `shelf` where nothing changed."""
    return tuple(_read(snapshot, exports, manifest, shelf))


def _read(
    snapshot: Loaded[Snapshot], exports: tuple[ExportEvidence, ...], manifest: Manifest, shelf: Shelf
) -> Iterator[ExportEvidence]:
    for source, export in zip(manifest.exports, exports, strict=True):
        artefact = export.artefact
        if snapshot.value is None or artefact is None or artefact.value is None or artefact.used is None:
            yield export
            continue
        key = _key(snapshot, manifest, source, export)
        kept = shelf.find(key) if key else None
        if kept is not None:
            yield replace(export, reading=msgspec.convert(kept.about, Reading))
            continue
        reading = read(snapshot.value, artefact.value, artefact.used.source, export.config.value)
        if key:
            nothing = frame_of(Snapshot(items=(), annotations=()))
            shelf.keep(key, Kept(frame=nothing, digest="", about=asdict(reading)))
        yield replace(export, reading=reading)


def _key(snapshot: Loaded[Snapshot], manifest: Manifest, source: ExportSource, export: ExportEvidence) -> str:
    """Names the bytes of all inputs, where they lie, and the formats stated for them; "": not known."""
    pieces = (snapshot, export.config, export.artefact)
    used = [piece.used for piece in pieces if piece is not None and piece.used is not None]
    if len(used) < len(pieces):
        return ""
    told = [
        (READERS, keeping.READERS, READINGS),
        [(one.source, one.digest) for one in used],
        (manifest.snapshot.format, source.artefact.format if source.artefact else None),
    ]
    return sha256(msgspec.json.encode(("reading", told))).hexdigest()
