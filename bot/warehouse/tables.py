"""Which tables of a warehouse a snapshot is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.warehouse.errors import WarehouseError

NEEDED: Mapping[str, Sequence[str]] = {"items": ("id",), "annotations": ("id", "item", "label")}
"""The two tables, and the columns that each must have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The tables ``<prefix>_items`` and ``<prefix>_annotations``.

    The prefix may be qualified: ``releases.street_v2`` or ``catalog.releases.street_v2``; a prefix
    that ends with a dot is a schema of its own with tables called ``items`` and ``annotations``.
    """

    prefix: str

    def place(self, table: str) -> tuple[str, tuple[str, ...]]:
        """The name of one of them, and the catalog and schema it is in."""
        *home, name = self.prefix.split(".")
        return (f"{name.removesuffix('_')}_{table}" if name else table), tuple(home)


def columns_of(table: str, called: str, there: Sequence[str]) -> dict[str, str]:
    """The columns of a table by our names, whatever their case.

    Raises:
        WarehouseError: a column that is needed is missing.
    """
    found = {name.lower(): name for name in there}
    missing = [name for name in NEEDED[table] if name not in found]
    if missing:
        raise WarehouseError(
            f"the table {called} has no column {', '.join(missing)}; name its columns as docs/warehouse.md "
            f"does, in a view where the table cannot be changed (it has {', '.join(there)})"
        )
    return found
