"""A round trip for every export whose format a converter writes; of the same bytes it is made once."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from hashlib import sha256

import msgspec

from bot.evidence.exports.conversion import Converter, target_of
from bot.evidence.exports.model import ExportEvidence, RoundTrip
from bot.evidence.frame_builder import frame_of
from bot.evidence.model import Loaded, Snapshot
from bot.evidence.shelf import READERS, Kept, Shelf
from bot.gates.export.round_trip import round_trip

TRIPS = 1
"""Raised whenever a round trip says something else of the same bytes; what is kept then is void."""


def with_round_trips(
    snapshot: Loaded[Snapshot], exports: tuple[ExportEvidence, ...], convert: Converter, shelf: Shelf
) -> tuple[ExportEvidence, ...]:
    """`exports` with what each round trip showed, from the `shelf` where inputs are unchanged."""
    return tuple(_made(snapshot, exports, convert, shelf))


def _made(
    loaded: Loaded[Snapshot], exports: tuple[ExportEvidence, ...], convert: Converter, shelf: Shelf
) -> Iterator[ExportEvidence]:
    for export in exports:
        config, snapshot = export.config.value, loaded.value
        target = target_of(config.format) if config else None
        if config is None or snapshot is None or target is None:
            yield export
            continue
        key = _key(loaded, export)
        trip = _kept(shelf, key) if key else None
        if trip is None:
            trip = round_trip(snapshot, config, target, convert)
            if key and trip.complete:
                _keep(shelf, key, trip)
        yield replace(export, round_trip=trip)


def _key(snapshot: Loaded[Snapshot], export: ExportEvidence) -> str:
    """Names the bytes of both inputs, and where they lie, since readers tell by that; "": not known."""
    used, config = snapshot.used, export.config.used
    if used is None or config is None:
        return ""
    told = (READERS, TRIPS, used.source, used.digest, config.source, config.digest)
    return sha256(msgspec.json.encode(("round trip", *told))).hexdigest()


def _kept(shelf: Shelf, key: str) -> RoundTrip | None:
    kept = shelf.find(key)
    return msgspec.convert(kept.about, RoundTrip) if kept else None


def _keep(shelf: Shelf, key: str, trip: RoundTrip) -> None:
    nothing = frame_of(Snapshot(items=(), annotations=()))
    shelf.keep(key, Kept(frame=nothing, digest="", about=asdict(trip)))
