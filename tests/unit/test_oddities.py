"""What looks wrong in a snapshot by itself, in one chunk of records or in several."""

import pytest

from bot.evidence.model import Annotation, Item, Snapshot
from bot.gates.compare import oddities as odd


def one(number: int, box: tuple[float, float, float, float], item: str = "a") -> Annotation:
    return Annotation(id=f"{number}", item=item, label="car", box=box)


@pytest.mark.parametrize("chunk", [1, odd._CHUNK])
def test_repeated_annotations_are_found_across_chunks(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(odd, "_CHUNK", chunk)
    snapshot = Snapshot(
        items=(Item(id="a", file="a.jpg", width=9, height=9),),
        annotations=(
            one(1, (1, 1, 2, 2)),
            one(2, (1, 1, 2, 3)),
            one(3, (1, 1, 2, 2)),
            one(4, (1, 1, 2, 2), "b"),
        ),
    )
    assert [(found.code, found.annotations) for found in odd.oddities(snapshot)] == [
        ("compare.annotation-twice", (("a", "1"), ("a", "3")))
    ]


def test_a_snapshot_of_nothing_has_nothing_odd() -> None:
    assert odd.oddities(Snapshot(items=(), annotations=())) == ()
    stray = Snapshot(items=(), annotations=(one(1, (-9, 0, 1, 1)),))
    assert odd.oddities(stray) == ()
