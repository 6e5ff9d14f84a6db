"""The engine takes away what both snapshots share, as a naive loop over all pairs would, and no more."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import isclose, isnan
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.evidence.frame_builder import FrameBuilder, frame_of, merged_columns
from bot.evidence.frame_rows import snapshot_of
from bot.evidence.frames import Frame
from bot.evidence.item_keys import differ, file_key
from bot.evidence.model import Annotation, Item, Snapshot
from bot.evidence.shelf import Kept
from bot.gates.compare.difference import difference, narrow
from bot.gates.compare.engine import Limits, narrow_frames
from bot.gates.compare.narrowed import Narrowed
from bot.gates.compare.oddities import oddities
from bot.shelf import DirectoryShelf
from tests.fakes.wild_snapshots import tidy, wild

Record = Item | Annotation


def near(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return isclose(a, b, rel_tol=1e-6, abs_tol=1e-6) or (isnan(a) and isnan(b))


def alike(was: Record, now: Record) -> bool:
    """Whether two records of one id are the same record, said field by field."""
    if isinstance(was, Annotation):
        assert isinstance(now, Annotation)
        boxes = zip(was.box or [None] * 4, now.box or [None] * 4, strict=True)
        shapes = [*map(repr, was.shape)] == [*map(repr, now.shape)]
        return (was.item, was.label, shapes) == (now.item, now.label, True) and all(near(*b) for b in boxes)
    assert isinstance(now, Item)
    sizes = ((was.width, now.width), (was.height, now.height))
    same = was.split == now.split and file_key(was.file) == file_key(now.file)
    return same and not differ(was.digest, now.digest) and all(a == b or not a or not b for a, b in sizes)


def left(mine: Sequence[Record], others: Sequence[Record]) -> Iterator[Record]:
    """Records of one side without their like: the only one of its id on the other side."""
    for record in mine:
        twins = [other for other in others if other.id == record.id]
        single = sum(other.id == record.id for other in mine) == 1 == len(twins)
        if not (single and alike(record, twins[0])):
            yield record


def content(records: Iterable[Record]) -> Counter[str]:
    """Records as text: NaN is like NaN here, and 0 like -0."""
    return Counter(
        repr(
            (record.item, record.label, [0.0 + v for v in record.box or ()], [0.0 + v for v in record.shape])
            if isinstance(record, Annotation)
            else record
        )
        for record in records
    )


KEYS = (lambda i: i.id, lambda i: file_key(i.file), lambda i: i.digest, lambda i: i.url, lambda i: i.group)


def suspects(items: Sequence[Item]) -> Iterator[Item]:
    named = [item for item in items if item.split]
    for item in named:
        others = [other for other in named if other.split != item.split]
        if any(key(item) and key(item) == key(other) for other in others for key in KEYS):
            yield item


def hold(found: Narrowed, before: Snapshot, after: Snapshot, *, elsewhere: bool) -> None:
    """Compare with what naive loops find; `elsewhere`: equal content under other ids is taken away too."""
    old, new = ([*left(a.annotations, b.annotations)] for a, b in ((before, after), (after, before)))
    was, now = content(old), content(new)
    shared = was & now if elsewhere else Counter()
    assert content(found.old) == was - shared
    assert content(found.new) == now - shared
    assert found.renumbered == shared.total()
    assert content(found.old_items) == content(left(before.items, after.items))
    assert content(found.new_items) == content(left(after.items, before.items))
    ids = [Counter(one.id for one in side.annotations) for side in (before, after)]
    assert found.odd == oddities(after)
    assert found.common == sum(ids[0][id_] == 1 == times for id_, times in ids[1].items())
    for side, counts, splits, rest, odd in (
        (before, found.before, found.old_splits, old, found.suspects_before),
        (after, found.after, found.new_splits, new, found.suspects_after),
    ):
        split_of = {item.id: min(i.split for i in side.items if i.id == item.id) for item in side.items}
        touched = {one.item for one in rest}
        assert splits == {id_: split for id_, split in split_of.items() if id_ in touched}
        assert counts.annotations == Counter((split_of.get(a.item, ""), a.label) for a in side.annotations)
        assert counts.items == Counter(item.split for item in side.items)
        assert content(odd) == content(suspects(side.items))


@pytest.mark.parametrize("many", [0, 1 << 30], ids=["many", "few"])
@pytest.mark.parametrize("worlds", [wild, tidy()], ids=["wild", "tidy"])
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_what_is_left_is_what_naive_loops_leave(
    worlds: st.SearchStrategy[Snapshot], many: int, data: st.DataObject
) -> None:
    before, after = data.draw(worlds), data.draw(worlds)
    found = narrow_frames(frame_of(before), frame_of(after), Limits(many=many))
    hold(found, before, after, elsewhere=many == 0)


def kept(snapshot: Snapshot, folder: Path) -> Frame:
    found = DirectoryShelf(folder / "it's kept").keep(
        "key", Kept(frame=frame_of(snapshot), digest="sha256:1")
    )
    assert isinstance(found.frame.annotations.source, str)
    return found.frame


def boxes(count: int, *, first: int = 0, moved: int = 0) -> Snapshot:
    """`count` boxes of 100 classes on a tenth as many items; the first `moved` are a pixel to the right."""
    items = tuple(Item(id=f"{n}.jpg", file=f"{n}.jpg", split="train") for n in range(count // 10))
    return Snapshot(
        items=items,
        annotations=tuple(
            Annotation(
                id=str(first + n),
                item=f"{n // 10}.jpg",
                label=f"class {n % 100}",
                box=(n % 640 + float(n < moved), n % 480, 10.5, 20.25),
            )
            for n in range(count)
        ),
    )


def test_frames_on_the_disk_are_compared_as_those_in_memory(tmp_path: Path) -> None:
    before, after = boxes(300), boxes(290, moved=7)
    frames = kept(before, tmp_path / "old"), kept(after, tmp_path / "new")
    found = narrow_frames(*frames)
    hold(found, before, after, elsewhere=False)
    again = difference(narrow(*(snapshot_of(frame) for frame in frames), large=0))
    assert again == difference(narrow(before, after))
    assert Counter(change.kind for change in again.changes) == {
        "move": 7,
        "remove-annotations": 10,
        "remove-items": 1,
    }


def halves(snapshot: Snapshot, folder: Path | None) -> Frame:
    """The same snapshot as two files, a split each; in memory or on the disk."""
    frames = []
    for split, place in (("it's train", slice(0, 20)), ("val", slice(20, None))):
        items = tuple(replace(item, split=split) for item in snapshot.items[place])
        names = {item.id for item in items}
        made = replace(
            snapshot, items=items, annotations=tuple(a for a in snapshot.annotations if a.item in names)
        )
        frames.append((split, kept(made, folder / split) if folder else frame_of(made)))
    joined = merged_columns(frames)
    assert joined is not None
    return joined


@pytest.mark.parametrize("on_disk", [True, False])
def test_joined_files_are_compared_as_what_they_read_as(on_disk: bool, tmp_path: Path) -> None:
    frames = [
        halves(snapshot, tmp_path / str(n) if on_disk else None)
        for n, snapshot in enumerate((boxes(300), boxes(290, moved=7)))
    ]
    before, after = map(snapshot_of, frames)
    assert before.annotations[0].id == "it's train/0"
    hold(narrow_frames(*frames), before, after, elsewhere=False)


def test_ids_that_repeat_stand_for_nobody_though_all_else_pairs() -> None:
    before = snapshot_of(frame_of(boxes(40)))
    twin = before.annotations[3]
    again = replace(twin, box=(1.0, 2.0, 3.0, 4.0))
    after = replace(before, annotations=(*before.annotations, again))
    found = narrow_frames(frame_of(before), frame_of(after))
    assert ([*found.old], Counter(map(repr, found.new))) == ([twin], Counter(map(repr, (twin, again))))
    assert found.common == 39
    assert [change.kind for change in difference(found).changes] == ["add-annotations"]


def test_many_renumbered_annotations_are_paired_where_they_lie() -> None:
    before, after = boxes(500), boxes(500, first=1000, moved=3)
    found = narrow_frames(frame_of(before), frame_of(after), Limits(many=1000))
    hold(found, before, after, elsewhere=True)
    assert (len(found.old), len(found.new), found.renumbered) == (3, 3, 497)
    few = narrow_frames(frame_of(before), frame_of(after), Limits(many=1001))
    assert (len(few.old), len(few.new), few.renumbered) == (500, 500, 0)
    assert difference(found) == difference(few) == difference(narrow(before, after))
    assert not difference(found).ids_trusted
    assert [change.kind for change in difference(found).changes] == ["move"] * 3


def columns(count: int, *, moved: int) -> Frame:
    """Like `boxes`, with the columns made directly."""
    numbers = np.arange(count)
    texts = pa.array(numbers).cast(pa.string())
    sides = (numbers % 640 + (numbers < moved), numbers % 480, np.full(count, 10.5), np.full(count, 20.25))
    builder = FrameBuilder()
    builder.add_columns(
        items=pa.table({"id": texts.slice(0, count // 10)}),
        annotations=pa.table(
            {
                "id": texts,
                "item": pa.array(numbers // 10).cast(pa.string()),
                "label": pa.array(numbers % 100).cast(pa.string()),
                **{
                    name: pa.array(side.astype(float))
                    for name, side in zip(("x", "y", "width", "height"), sides, strict=True)
                },
            }
        ),
    )
    return builder.frame({})


@pytest.mark.slow
def test_what_does_not_fit_in_memory_is_spilled_and_the_answer_is_the_same(tmp_path: Path) -> None:
    frames = [
        DirectoryShelf(tmp_path).keep(str(n), Kept(frame=columns(600_000, moved=n), digest="")).frame
        for n in (0, 3)
    ]
    with pytest.raises(duckdb.OutOfMemoryException, match="max_temp_directory_size"):
        narrow_frames(*frames, Limits(memory="56MB", spill="1MB"))
    little, enough = (narrow_frames(*frames, Limits(memory=memory)) for memory in ("56MB", "1GB"))
    assert Counter(map(repr, little.new)) == Counter(map(repr, enough.new))
    assert (little.before, little.after, little.common) == (enough.before, enough.after, 600_000)
    assert [change.kind for change in difference(little).changes] == ["move"] * 3
