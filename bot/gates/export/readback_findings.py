"""What gate 6 says about exported files that were read back."""

from collections.abc import Iterable, Iterator, Sequence

from bot.answers import Finding
from bot.evidence.problems import shown
from bot.gates.export.readback import Cell, ReadBack
from bot.gates.wording import counted, named

_AGAIN = "Export the snapshot again, and commit what the exporter wrote."


def failures(result: ReadBack, file: str) -> Iterator[Finding]:
    """What differs between the snapshot and the export in `file`."""
    yield from _items(result, file)
    swapped = sorted(
        pair for pair in result.relabelled if pair < pair[::-1] and pair[::-1] in result.relabelled
    )
    for one, other in swapped:
        ids = [*result.relabelled[one, other], *result.relabelled[other, one]]
        text = f"Classes {shown(one)} and {shown(other)} are swapped in {counted(len(ids), 'annotation')}"
        yield _finding(
            "classes-swapped", text, ids, file, "Correct the class ids of the export and export again."
        )
    for one, other in sorted(result.relabelled):
        if (other, one) not in result.relabelled:
            ids = result.relabelled[one, other]
            text = f"{counted(len(ids), 'annotation')} of class {shown(one)} read back as {shown(other)}"
            yield _finding(
                "class-changed", text, ids, file, "Correct the class ids of the export and export again."
            )
    for cell in sorted(result.lost.keys() | result.extra.keys()):
        yield _count(result, cell, file)
    if result.displaced:
        text = f"{counted(len(result.displaced), 'annotation')} read back at other coordinates"
        yield _finding("coordinates", text, result.displaced, file, _AGAIN)
    if result.out_of_range:
        text = f"{counted(len(result.out_of_range), 'box', 'boxes')} without area or outside of the picture"
        yield _finding(
            "coordinates", text, result.out_of_range, file, "Correct the boxes, or the exporter's scale."
        )


def unmeasured(result: ReadBack, file: str) -> Iterator[Finding]:
    """Items whose coordinates could not be compared."""
    if result.unmeasured:
        text = (
            f"{counted(len(result.unmeasured), 'item')} could not be compared by coordinates, because one "
            "side has fractions and neither states the size of the picture"
        )
        yield _finding(
            "size-unknown",
            text,
            result.unmeasured,
            file,
            "State width and height of every item in the snapshot.",
        )


def _items(result: ReadBack, file: str) -> Iterator[Finding]:
    if result.missing_items:
        text = f"{counted(len(result.missing_items), 'item')} of the snapshot missing from the export"
        yield _finding("items-missing", text, result.missing_items, file, _AGAIN)
    if result.extra_items:
        text = f"{counted(len(result.extra_items), 'item')} of the export not in the snapshot"
        yield _finding("items-extra", text, result.extra_items, file, _AGAIN)
    for (want, got), ids in sorted(result.other_split.items()):
        text = f"{counted(len(ids), 'item')} of split {shown(want)} exported to split {shown(got)}"
        yield _finding("item-split", text, ids, file, _AGAIN)


def _count(result: ReadBack, cell: Cell, file: str) -> Finding:
    split, label = cell
    lost, extra = result.lost.get(cell, []), result.extra.get(cell, [])
    where = f" in split {shown(split)}" if split else ""
    what = [f"{len(lost):,} lost"] if lost else []
    what += [f"{len(extra):,} extra"] if extra else []
    text = f"Annotations of class {shown(label)}{where}: {' and '.join(what)} in the export"
    return _finding("class-counts", text, (*lost, *extra), file, _AGAIN)


def _finding(code: str, text: str, ids: Iterable[str], file: str, fix: str) -> Finding:
    items: Sequence[str] = sorted(set(ids))
    return Finding(
        code=f"export.{code}", text=f"{text}: {named(items)}.", fix=fix, file=file, items=tuple(items)
    )
