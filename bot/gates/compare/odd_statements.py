"""What looks wrong in one side by itself, said in SQL as in `bot.gates.compare.statements`.

Every statement gives the columns ``item`` and ``id``. A box counts when none of its numbers is beyond
every picture: sums of such numbers overflow, and NaN is above all others to some engines.
"""

LARGEST = 1e300
"""Coordinates from here on are no place."""

SLACK = 1
"""Pixels by which a box may leave its picture: exporters round."""

_CONTENT = ("item", "label", "x", "y", "width", "height", "shape")


def without_area(side: str) -> str:
    """Annotations whose box has no area."""
    return f"select item, id from {side}_annotations where width <= 0 or height <= 0"


def outside(side: str, *, tidy: bool) -> str:
    """Annotations whose box has an area and leaves a picture of known size; `tidy`: no item's id is repeated.

    Of a repeated id the largest size counts.
    """
    sizes = (
        f"{side}_items"
        if tidy
        else f"(select id, max(width) as width, max(height) as height from {side}_items group by id)"
    )
    place = "greatest(abs(a.x), abs(a.y), a.width, a.height)"
    over = " or ".join(
        f"a.{corner} < -{SLACK} or a.{corner} > cast(i.{size} as double) + {SLACK} - a.{size}"
        for corner, size in (("x", "width"), ("y", "height"))
    )
    return (
        f"select a.item as item, a.id as id from {side}_annotations a join {sizes} i on a.item = i.id "
        f"where i.width is not null and i.height is not null and a.width > 0 and a.height > 0 "
        f"and {place} < {LARGEST!r} and ({over})"
    )


def repeated(side: str) -> str:
    """Annotations whose item, class, box and shape another has too, with ``x`` and ``shape``.

    Few share item and corner, so that only theirs is looked at as a whole.
    """
    corners = f"select item from {side}_annotations group by item, x, y having count(*) > 1"
    content = ", ".join(_CONTENT)
    return (
        f"select item, id, x, shape from (select *, count(*) over (partition by {content}) as alike "
        f"from {side}_annotations where item in ({corners})) candidates where alike > 1"
    )
