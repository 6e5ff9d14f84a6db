"""Which items hold other annotations than before, told from columns without an object for each.

What an annotation says is mixed into 128 bits, and the bits of an item's annotations are added up, so
that neither their order nor their ids matter. The keys are drawn from the digests of both snapshots:
nobody can look for two contents that add up alike without changing what they look for.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bot.evidence.codes import Codes
from bot.evidence.contents import plain
from bot.evidence.frame_builder import frame_of
from bot.evidence.frames import Frame
from bot.evidence.model import Snapshot

_Words = NDArray[np.uint64]
_SIDES = ("x", "y", "width", "height")
_FIRST = 64
"""The place of the first key of a shape; those before it are for what every annotation has."""


def unlike(snapshot: Snapshot, baseline: Snapshot) -> frozenset[str]:
    """Items that are new or hold other annotations (class, box or shape) than in the baseline."""
    after, before = frame_of(snapshot), frame_of(baseline)
    seed = hashlib.sha256(f"{snapshot.digest}\0{baseline.digest}".encode()).digest()
    keys = [np.frombuffer(seed, np.uint64)[n : n + 2] for n in (0, 2)]
    items, labels = Codes(), Codes(plain)
    known = np.unique(_items(before, items))
    wanted = np.unique(_items(after, items))
    names = list(items.numbers)
    sums = [_sums(frame, items, len(names), labels, keys) for frame in (after, before)]
    changed = (sums[0] != sums[1]).any(axis=0)
    changed[np.setdiff1d(wanted, known)] = True
    return frozenset([names[place] for place in wanted[changed[wanted]]])


def _items(frame: Frame, items: Codes) -> NDArray[np.int64]:
    parts = [items.of(batch.column("id")) for batch in frame.items.batches(["id"])]
    return np.concatenate([np.empty(0, np.int64), *parts])


def _sums(frame: Frame, items: Codes, count: int, labels: Codes, keys: Sequence[_Words]) -> _Words:
    """For the first `count` items: how many annotations each has, and what their two mixtures add up to."""
    sums = np.zeros((1 + len(keys), count), np.uint64)
    for batch in frame.annotations.batches(("item", "label", *_SIDES, "shape")):
        item = items.of(batch.column("item"))
        here = item < count
        words = _words(batch, labels.of(batch.column("label")))
        np.add.at(sums[0], item[here], np.uint64(1))
        for total, key in zip(sums[1:], keys, strict=True):
            mixture = words @ _mixed(key[0] + np.arange(words.shape[1], dtype=np.uint64))
            mixture += _of_shapes(batch.column("shape"), key[0] + np.uint64(_FIRST))
            np.add.at(total, item[here], _mixed(mixture ^ key[1])[here])
    return sums


def _words(batch: pa.RecordBatch, label: NDArray[np.int64]) -> _Words:
    """What every annotation has, as (n, 11) words of 32 bits: class, box, and the size of its shape."""
    box = np.stack([batch.column(side).to_numpy(zero_copy_only=False) for side in _SIDES], axis=1)
    whole = np.isnan(box[:, 0])
    sizes = pc.list_value_length(batch.column("shape")).to_numpy(zero_copy_only=False)
    halves = _halves(np.where(whole[:, None], 0.0, box)).reshape(-1, 2 * len(_SIDES))
    return np.column_stack([label.astype(np.uint64), whole, sizes.astype(np.uint64), halves]).astype(
        np.uint64
    )


def _of_shapes(column: pa.ListArray, first: np.uint64) -> _Words:
    """The mixture of each shape, in which every word has a key of its own."""
    words = _halves(column.flatten().to_numpy(zero_copy_only=False))
    ends = 2 * np.cumsum(pc.list_value_length(column).to_numpy(zero_copy_only=False), dtype=np.int64)
    begins = np.append(np.int64(0), ends)[:-1]
    places = np.arange(len(words)) - np.repeat(begins, ends - begins)
    added = np.append(
        np.uint64(0), np.cumsum(words * _mixed(first + places.astype(np.uint64)), dtype=np.uint64)
    )
    return added[ends] - added[begins]


def _halves(numbers: NDArray[np.float64]) -> _Words:
    """Each number as two words of 32 bits; the two zeros are one number."""
    return np.ascontiguousarray(numbers + 0.0).view(np.uint32).astype(np.uint64)


def _mixed(words: _Words) -> _Words:
    """Bits that all depend on all bits (the finaliser of SplitMix64, https://prng.di.unimi.it/splitmix64.c)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
