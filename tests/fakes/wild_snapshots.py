"""Snapshots by Hypothesis: wild ones that no reader lets through, and tidy ones."""

from hypothesis import strategies as st

from bot.evidence.model import Annotation, Item, Snapshot

# One world of few ids, so that records of two snapshots meet.
SPLITS = st.sampled_from(["train", "val", "test", ""])
LABELS = st.sampled_from(["car", "bus", "Car", ""])
COORDINATE = st.sampled_from([0.0, 1.0, 1.0000001, 7.5, -3.0, float("nan"), float("inf")])
ITEM_IDS = st.sampled_from([*"abcdef", "", "\ud800"])

items = st.builds(
    Item,
    id=ITEM_IDS,
    file=st.sampled_from(["a.jpg", "b.jpg", "./a.jpg", ""]),
    split=SPLITS,
    width=st.sampled_from([None, 0, 640]),
    digest=st.sampled_from(["", "sha256:1", "sha256:2", "md5:1"]),
    url=st.sampled_from(["", "", "https://a.org/1"]),
    group=st.sampled_from(["", "", "night"]),
)
annotations = st.builds(
    Annotation,
    id=st.sampled_from([*"12345678", ""]),
    item=ITEM_IDS,
    label=LABELS,
    box=st.none() | st.tuples(*[COORDINATE] * 4),
    shape=st.lists(COORDINATE, max_size=2).map(tuple),
)
wild = st.builds(
    Snapshot,
    items=st.lists(items, max_size=6).map(tuple),
    annotations=st.lists(annotations, max_size=8).map(tuple),
)


@st.composite
def tidy(draw: st.DrawFn) -> Snapshot:
    """A snapshot as readers give it: unique ids, every annotation on an item, no leakage."""
    ids = draw(st.lists(st.sampled_from("abcdef"), min_size=1, unique=True))
    made = tuple(
        Item(id=i, file=f"{i}.jpg", split=draw(SPLITS), width=640, digest=f"sha256:{i}") for i in ids
    )
    count = draw(st.integers(1, 8))
    box = st.tuples(*[st.integers(0, 300).map(float)] * 4)
    return Snapshot(
        items=made,
        annotations=tuple(
            Annotation(id=f"{n}", item=draw(st.sampled_from(ids)), label=draw(LABELS), box=draw(box))
            for n in range(count)
        ),
    )
