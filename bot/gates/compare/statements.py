"""The comparison itself, said once in SQL: what differs, what there is, and what two splits share.

Run by DuckDB here (`bot.gates.compare.engine`) and, translated, by a team's own engine
(`bot.warehouse`). The tables are those of `bot.evidence.frames`, called ``old_items``, ``new_items``,
``old_annotations`` and ``new_annotations``; text in them is never null. No alias is the name of a
column beside it, and every join has an equation: engines differ there.

These statements only take away what is equal on both sides; that is nearly everything, and all that
is large. What is left is paired and named in Python (`bot.gates.compare.difference`).
"""

from collections.abc import Mapping, Sequence

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
    return f"select count(*) as amount from differing_{table} where was_id is not null and now_id is not null"


def count(name: str) -> str:
    """How many rows a table has."""
    return f"select count(*) as amount from {name}"


def rest(side: str) -> str:
    """All of ``rest_<side>``."""
    return f"select * from rest_{side}"


def elsewhere() -> str:
    """``rest_old`` and ``rest_new`` together; `twins` is 2 where a record has its like on the other side.

    Records of equal content are numbered on each side, and those of one number are twins. Engines differ
    in what they hold equal (0 and -0, NaN); nothing but windows over the same columns decides here.
    """
    content = ", ".join(_CONTENT)
    both = " union all ".join(f"select *, '{side}' as side from rest_{side}" for side in SIDES)
    placed = (
        f"select *, row_number() over (partition by {content}, side order by id) as place from ({both}) sides"
    )
    return f"select *, count(*) over (partition by {content}, place) as twins from ({placed}) placed_sides"


def left_over(side: str) -> str:
    """What of one side has no like under another id on the other side either, of ``placed``."""
    names = ", ".join(ANNOTATIONS.names)
    return f"select {names} from placed where twins = 1 and side = '{side}'"


def splits(side: str) -> str:
    """The split of every item that one of ``rest_<side>`` is on; the first by name of several."""
    return (
        f"select id, min(split) as first_split from {side}_items "
        f"where id in (select item from rest_{side}) group by id"
    )


def annotation_counts(side: str) -> str:
    """Annotations per split and class; those on no item count for the split ""."""
    return (
        f"select coalesce(i.first_split, '') as item_split, a.label as label, count(*) as amount "
        f"from {side}_annotations a "
        f"left join (select id, min(split) as first_split from {side}_items group by id) i on a.item = i.id "
        f"group by coalesce(i.first_split, ''), a.label"
    )


def item_counts(side: str) -> str:
    """Items per split."""
    return f"select split, count(*) as amount from {side}_items group by split"


def suspects(side: str, *, tidy: bool) -> str:
    """Items whose id, file, digest, address or group occurs in two named splits; `tidy`: no id does."""
    named = f"select * from {side}_items where split <> ''"
    twice = "select {key} from ({named}) o where {key} <> '' group by {key} having count(*) > 1"
    keys = " or ".join(
        f"{key} in (select {key} from ({named}) n where {key} in ({twice.format(key=key, named=named)}) "
        f"group by {key} having min(split) <> max(split))"
        for key in ("file_key", "digest", "url", "group_key", *(() if tidy else ("id",)))
    )
    return f"select * from ({named}) m where {keys}"


def doubts(side: str) -> dict[str, str]:
    """How many records of one side are none, and one of their ids, by what is said of them.

    What readers of files refuse by themselves; tables of a warehouse were read by nobody.
    """
    items, annotations = f"{side}_items", f"{side}_annotations"
    twice = "(select id from {table} group by id having count(*) > 1) twice"
    sides = " + ".join(f"abs({name})" for name in _BOX)
    stated = " + ".join(f"case when {name} is null then 0 else 1 end" for name in _BOX)
    good_box = f"coalesce({sides} < 1e300 and width >= 0 and height >= 0, {stated} = 0)"
    found = {
        "item-without-id": f"{items} where id = ''",
        "annotation-without-name": f"{annotations} where id = '' or item = '' or label = ''",
        "duplicate-item": twice.format(table=items),
        "duplicate-annotation": twice.format(table=annotations),
        "unknown-item": f"{annotations} where item not in (select id from {items})",
        "bad-box": f"{annotations} where not {good_box}",
    }
    return {
        what: f"select count(*) as amount, min(id) as example from {records}"
        for what, records in found.items()
    }


def normal(table: str, columns: Mapping[str, str], *, arrays: bool) -> str:
    """A team's own table in the normal form, from ``there``; `columns` are its columns by our names.

    What it lacks is null, "", false or an empty list; what no statement looks at is left there.
    `arrays`: the engine compares arrays; otherwise ``shape`` is text in it.
    """
    schema = {"items": ITEMS, "annotations": ANNOTATIONS}[table]
    shape = ("double[]", "cast([] as double[])") if arrays else ("varchar", "''")
    made = []
    for name, kind in zip(schema.names, schema.types, strict=True):
        typed, nothing = shape if name == "shape" else _NORMAL[str(kind)]
        places = [] if name in _UNREAD else [name, *_INSTEAD.get(name, ())]
        values = [f"cast({_quoted(columns[place])} as {typed})" for place in places if place in columns]
        values += [nothing] if nothing is not None else []
        values = values or [f"cast(null as {typed})"]
        value = values[0] if len(values) == 1 else f"coalesce({', '.join(values)})"
        made.append(f"{f'lower({value})' if name == 'digest' else value} as {name}")
    return f"select {', '.join(made)} from there"


_UNREAD = frozenset({"changed_at", "line"})
_INSTEAD = {"file": ("id",), "file_key": ("file", "id")}
"""What stands for a column that is missing or null."""
_NORMAL = {
    "string": ("varchar", "''"),
    "bool": ("boolean", "false"),
    "int64": ("bigint", None),
    "double": ("double", None),
    "timestamp[us, tz=UTC]": ("timestamp", None),
}


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
