"""What gate 6 says about exported files that were read back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.answers import Finding
from bot.evidence.exports.model import ExportedFiles
from bot.evidence.problems import shown
from bot.gates.export.box_confusions import Confusion, confusion_of
from bot.gates.export.class_confusions import class_confusions
from bot.gates.export.readback import Cell, ReadBack
from bot.gates.wording import counted, named

_AGAIN = "Export the snapshot again, and commit what the exporter wrote."


def failures(
    result: ReadBack, file: str, read: ExportedFiles, classes: Mapping[str, str]
) -> Iterator[Finding]:
    """What differs between the snapshot and the export in `file`, as it was `read`.

    `classes` is id → name by the configuration, for files that state none.
    """
    yield from _items(result, file, images_known=read.images_known)
    for code, text, ids in class_confusions(result, read.content.classes or classes):
        yield _finding(code, text, ids, file, "Correct the class ids of the export and export again.")
    for cell in sorted(result.lost.keys() | result.extra.keys()):
        yield _count(result, cell, file)
    confusion = confusion_of(result.misplaced, read.boxes)
    if confusion is not None:
        yield _confused(result, confusion, file)
    elif result.displaced:
        text = f"{counted(len(result.displaced), 'annotation')} read back at other coordinates"
        yield _finding("coordinates", text, result.displaced, file, _AGAIN)
    if result.out_of_range and confusion is None:
        text = f"{counted(len(result.out_of_range), 'box', 'boxes')} without area or outside of the picture"
        yield _finding(
            "coordinates", text, result.out_of_range, file, "Correct the boxes, or the exporter's scale."
        )


def _confused(result: ReadBack, confusion: Confusion, file: str) -> Finding:
    written, expected = (
        ", ".join(f"{side:.6g}" for side in box) for box in (confusion.written, confusion.expected)
    )
    ids = sorted(set(result.displaced))
    text = (
        f"{counted(len(result.displaced), 'annotation')} read back at other coordinates. It looks like "
        f"{confusion.words}: {shown(confusion.item)} has {written} for {expected}."
    )
    fix = "Correct the exporter, and export again."
    return Finding(code=f"export.{confusion.code}", text=text, fix=fix, file=file, items=tuple(ids))


def unmeasured(result: ReadBack, file: str, read: ExportedFiles) -> Iterator[Finding]:
    """Items whose coordinates or presence the exported files do not tell."""
    bare = [id_ for id_ in result.missing_items if id_ in result.bare_items]
    if bare and not read.images_known:
        text = (
            f"{counted(len(bare), 'item')} without annotations may be missing from the export, which holds "
            "no pictures"
        )
        fix = "Let each split name a text file that lists its pictures."
        yield _finding("images-unknown", text, bare, file, fix)
    if result.crowded:
        text = (
            f"{counted(len(result.crowded), 'item')} not compared, because too many boxes lie in one place "
            "to tell them apart"
        )
        fix = "Remove repeated boxes from the snapshot, or export them in its order."
        yield _finding("too-crowded", text, result.crowded, file, fix)
    if result.outlines:
        text = f"{counted(len(result.outlines), 'item')} with outlines that are not those of the snapshot"
        fix = "See that none was lost or simplified too far; state `coco-detection` if boxes alone are meant."
        yield _finding("outlines-differ", text, result.outlines, file, fix)
    if result.unmeasured:
        text = (
            f"{counted(len(result.unmeasured), 'item')} could not be compared by coordinates, because one "
            "side has fractions and neither states the size of the picture"
        )
        fix = "State width and height of every item in the snapshot."
        yield _finding("size-unknown", text, result.unmeasured, file, fix)


def _items(result: ReadBack, file: str, *, images_known: bool) -> Iterator[Finding]:
    bare = [id_ for id_ in result.missing_items if id_ in result.bare_items]
    missing = [id_ for id_ in result.missing_items if id_ not in result.bare_items]
    if missing:
        text = f"{counted(len(missing), 'item')} of the snapshot missing from the export"
        yield _finding("items-missing", text, missing, file, _AGAIN)
    if bare and images_known:
        text = f"{counted(len(bare), 'item')} without annotations missing from the export"
        fix = "Let the exporter write pictures without annotations too."
        yield _finding("empty-items-missing", text, bare, file, fix)
    if result.extra_items:
        text = f"{counted(len(result.extra_items), 'item')} of the export not in the snapshot"
        yield _finding("items-extra", text, result.extra_items, file, _AGAIN)
    if result.emptied:
        text = f"{counted(len(result.emptied), 'item')} with annotations, whose label file is empty"
        yield _finding("labels-empty", text, result.emptied, file, _AGAIN)
    if result.unlabelled:
        text = f"{counted(len(result.unlabelled), 'item')} with annotations and without label file"
        fix = "Export the labels too, beside the pictures as the format asks."
        yield _finding("labels-missing", text, result.unlabelled, file, fix)
    if result.resized:
        text = f"{counted(len(result.resized), 'item')} exported with another width and height"
        yield _finding("item-size", text, result.resized, file, "Write the sizes of the snapshot's pictures.")
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
