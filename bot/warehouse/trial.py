"""A small comparison that an engine has to answer as DuckDB does before it is believed.

DuckDB and PostgreSQL are compared in every run of our tests. Of the others we know that the
statements can be said in their dialects; whether they mean the same there, they show on the spot:
letters in both cases, what is missing on either side of a join, equal lists, repeated ids.
"""

from dataclasses import fields

from bot.evidence.frame_builder import frame_of
from bot.evidence.model import Annotation, Item, Snapshot
from bot.gates.compare.engine import Limits, narrow_frames, narrowed
from bot.gates.compare.narrowed import Narrowed
from bot.warehouse.errors import WarehouseError
from bot.warehouse.session import Warehouse

TESTED = frozenset({"duckdb", "postgres"})

_Shape = tuple[float, ...]


def _item(
    id_: str, split: str = "train", digest: str = "", width: int | None = 640, height: int | None = None
) -> Item:
    return Item(id=id_, file=f"pictures/{id_}", split=split, digest=digest, width=width, height=height)


def _box(
    id_: str, x: float | None, label: str = "car", shape: _Shape = (), item: str = "a.jpg"
) -> Annotation:
    box = None if x is None else (x, 2.0, 30.25, 40.0)
    return Annotation(id=id_, item=item, label=label, box=box, shape=shape)


_ITEMS = (_item("a.jpg"), _item("A.jpg"), _item("\N{LATIN SMALL LETTER U WITH DIAERESIS}.jpg", ""))
_BOXES = (_box("same", 1), _box("polygon", 2, shape=(1.0, 2.0, 3.5)), _box("whole", None))

OLD = Snapshot(
    items=(
        *_ITEMS,
        _item("gone.jpg"),
        _item("wider.jpg"),
        _item("unsized.jpg", width=None),
        _item("split.jpg"),
    ),
    annotations=(
        *_BOXES,
        *(
            _box(name, x)
            for x, name in enumerate(("barely", "moved", "case", "space", "emptied", "gone"), 10)
        ),
        _box("old number", 20),
        _box("reshaped", 21, shape=(1.0, 2.0)),
        _box("filled", None, "bus"),
        _box("twice", 22),
        _box("astray", 23, item="nowhere.jpg"),
    ),
)
NEW = Snapshot(
    items=(
        *_ITEMS,
        _item("wider.jpg", width=800),
        _item("unsized.jpg"),
        _item("split.jpg", "val"),
        _item("twin.jpg", "train", "sha256:1"),
        _item("Twin.jpg", "val", "sha256:1"),
        _item("framed.jpg", height=42),
    ),
    annotations=(
        *_BOXES,
        _box("barely", 10 + 1e-9),
        _box("moved", 11.5),
        _box("case", 12, "Car"),
        _box("space", 13, "car "),
        _box("emptied", None, "tram"),
        _box("new number", 20),
        _box("reshaped", 21, shape=(1.0, 2.5)),
        _box("filled", 30, "bus"),
        _box("twice", 22),
        _box("twice", 22.5),
        _box("Astray", 23.5, item="nowhere.jpg"),
        _box("inside", 609, item="framed.jpg"),
        _box("beyond", 611, item="framed.jpg"),
        Annotation(id="flat", item="framed.jpg", label="car", box=(1.0, 2.0, 0.0, 40.0)),
        *(_box(name, 24, shape=(1.0, 2.0), item="framed.jpg") for name in ("drawn", "drawn again")),
        *(_box(name, None, item="framed.jpg") for name in ("said", "said again")),
    ),
)


def try_out(warehouse: Warehouse) -> None:
    """Return when the engine answers as DuckDB does.

    Raises:
        WarehouseError: it does not, or cannot answer at all.
    """
    old, new = frame_of(OLD), frame_of(NEW)
    with warehouse.beside().tidied() as trial:
        trial.take("old", old)
        trial.take("new", new)
        found = narrowed(trial, tidy=False, many=0)
    differing = unlike(found, narrow_frames(old, new, Limits(many=0)))
    if differing:
        raise WarehouseError(
            f"{warehouse.engine} does not compare as DuckDB does ({', '.join(differing)} differ); "
            "export the tables as Parquet and compare the folders without --warehouse"
        )


def unlike(found: Narrowed, expected: Narrowed) -> list[str]:
    """The fields in which two results differ, blind to order."""
    names = (one.name for one in fields(Narrowed))
    return [name for name in names if _plain(getattr(found, name)) != _plain(getattr(expected, name))]


def _plain(value: object) -> object:
    return sorted(map(repr, value)) if isinstance(value, list | tuple) else value
