"""The comparison itself, said once in SQL: what differs, what there is, and what two splits share.

Run by DuckDB here (`bot.gates.compare.engine`) and, translated by Ibis, by a team's warehouse
(`bot.warehouse`). The tables are those of `bot.evidence.frames`, called ``old_items``, ``new_items``,
``old_annotations`` and ``new_annotations``; text in them is never null.

These statements only take away what is equal on both sides; that is nearly everything, and all that
is large. What is left is paired and named in Python (`bot.gates.compare.difference`).
"""

from collections.abc import Sequence

from bot.evidence.frames import ANNOTATIONS, ITEMS

TOLERANCE = 1e-6
"""Coordinates that differ by less, relatively or in pixels, are the same."""

SIDES = ("old", "new")

_BOX = ("x", "y", "width", "height")
_CONTENT = ("item", "label", *_BOX, "shape")


def _near(side: str) -> str:
    """Whether one coordinate is the same on both sides, as `math.isclose` says it."""
    was, now = f"was.{side}", f"now.{side}"
    largest = f"greatest(abs({was}), abs({now}), 1e0)"
    return (
        f"({was} = {now} or ({was} is null and {now} is null)"
        f" or (abs({was} - {now}) <= {TOLERANCE!r} * {largest} and {largest} < 1e300))"
    )


def _not_contrary(column: str, unknown: str) -> str:
    """Whether both sides state the same, or one of them nothing."""
    was, now = f"coalesce(was.{column}, {unknown})", f"coalesce(now.{column}, {unknown})"
    return f"({was} = {now} or {was} = {unknown} or {now} = {unknown})"


_NOTHING = "''"
_ALGORITHM = "split_part({}.digest, ':', 1)"

_SAME = {
    "annotations": (
        "was.item = now.item",
        "was.label = now.label",
        *map(_near, _BOX),
        "was.shape = now.shape",
    ),
    "items": (
        "was.split = now.split",
        "was.file_key = now.file_key",
        f"({_not_contrary('digest', _NOTHING)} or {_ALGORITHM.format('was')} <> {_ALGORITHM.format('now')})",
        _not_contrary("width", "0"),
        _not_contrary("height", "0"),
    ),
}
_COLUMNS: dict[str, Sequence[str]] = {"annotations": ANNOTATIONS.names, "items": ITEMS.names}


def repeated(table: str) -> str:
    """Ids that occur twice on one side: such an id stands for nobody."""
    one_side = "select id from {side}_{table} group by id having count(*) > 1"
    return " union ".join(one_side.format(side=side, table=table) for side in SIDES)


def differing(table: str, *, tidy: bool) -> str:
    """Records without their like of the same id on the other side, as ``was_…`` and ``now_…`` columns.

    `tidy`: no id is repeated. Otherwise the records of repeated ids (in ``repeated_<table>``) are
    left out here.
    """
    columns = ", ".join(
        f"{alias}.{name} as {alias}_{name}" for alias in ("was", "now") for name in _COLUMNS[table]
    )
    sides = (
        [f"{side}_{table}" for side in SIDES]
        if tidy
        else [
            f"(select * from {side}_{table} where id not in (select id from repeated_{table}))"
            for side in SIDES
        ]
    )
    return (
        f"select {columns} from {sides[0]} was full join {sides[1]} now on was.id = now.id "
        f"where was.id is null or now.id is null "
        f"or not coalesce({' and '.join(_SAME[table])}, false)"
    )


def one_side(table: str, side: str, *, tidy: bool) -> str:
    """The records of one side in what differs (kept as ``differing_<table>``), and those of repeated ids."""
    alias = "was" if side == "old" else "now"
    names = _COLUMNS[table]
    columns = ", ".join(f"{alias}_{name} as {name}" for name in names)
    found = f"select {columns} from differing_{table} where {alias}_id is not null"
    if tidy:
        return found
    return (
        f"{found} union all select {', '.join(names)} from {side}_{table} "
        f"where id in (select id from repeated_{table})"
    )


def common(table: str) -> str:
    """How many ids both sides have among what differs."""
    return f"select count(*) from differing_{table} where was_id is not null and now_id is not null"


def rest(side: str) -> str:
    """All of ``rest_<side>``."""
    return f"select * from rest_{side}"


def elsewhere(side: str) -> str:
    """Records of ``rest_<side>`` with a number that tells those of equal content apart."""
    content = ", ".join(_CONTENT)
    return f"select *, row_number() over (partition by {content} order by id) as place from rest_{side}"


def left_over(side: str) -> str:
    """What has no like under another id on the other side either, of ``placed_old`` and ``placed_new``."""
    other = "new" if side == "old" else "old"
    names = ", ".join(f"this.{name}" for name in ANNOTATIONS.names)
    nowhere = -1e300
    alike = " and ".join(
        f"coalesce(this.{name}, {nowhere!r}) = coalesce(that.{name}, {nowhere!r})"
        if name in _BOX
        else f"this.{name} = that.{name}"
        for name in (*_CONTENT, "place")
    )
    return (
        f"select {names} from placed_{side} this "
        f"left join placed_{other} that on {alike} where that.id is null"
    )


def splits(side: str) -> str:
    """The split of every item that one of ``rest_<side>`` is on; the first by name of several."""
    return (
        f"select id, min(split) as split from {side}_items "
        f"where id in (select item from rest_{side}) group by id"
    )


def annotation_counts(side: str) -> str:
    """Annotations per split and class; those on no item count for the split ""."""
    return (
        f"select coalesce(i.split, '') as split, a.label as label, count(*) as amount "
        f"from {side}_annotations a "
        f"left join (select id, min(split) as split from {side}_items group by id) i on a.item = i.id "
        f"group by coalesce(i.split, ''), a.label"
    )


def item_counts(side: str) -> str:
    """Items per split."""
    return f"select split, count(*) as amount from {side}_items group by split"


def suspects(side: str) -> str:
    """Items whose id, file, digest, address or group occurs in two named splits."""
    named = f"select * from {side}_items where split <> ''"
    keys = " or ".join(
        f"{key} in (select {key} from ({named}) n where {key} <> '' "
        f"group by {key} having min(split) <> max(split))"
        for key in ("id", "file_key", "digest", "url", "group_key")
    )
    return f"select * from ({named}) m where {keys}"
