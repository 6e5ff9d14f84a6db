"""Label Studio's JSON export as a snapshot: tasks are items, submitted regions are annotations.

https://labelstud.io/guide/task_format.html. `bot.evidence.label_studio_regions` says what a region is;
how far the work on it is, the same file tells as evidence (`bot.evidence.tools.label_studio`).

- An item's id is its file exactly as `data` writes it. Its split is `split` of `data` or `meta`, which
  is a convention of ours, or is told by the name of the export (``train.json``).
- Predictions, drafts and skipped annotations are no annotations. Of several annotations of a task
  the one marked as ground truth counts; without the mark nobody knows which, and that is refused.
- An annotation's id is task and region. An item annotated without any region is marked as empty.
- The export does not number classes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import msgspec

from bot.evidence.assembly import Assembly, item_id, shared_names
from bot.evidence.coco import split_of_path
from bot.evidence.label_studio_regions import Region, geometry, labels, size
from bot.evidence.model import Annotation, Item, Loaded, Snapshot
from bot.evidence.problems import Problems
from bot.evidence.tools import label_studio_task as export
from bot.evidence.tools.label_studio import directory_of
from bot.evidence.tools.people import Directory
from bot.evidence.tools.records import Record, note_bad_value
from bot.evidence.values import DECODE_ERRORS, BadValueError, explained, plain_text, text_id, utc_or_none

_decode = msgspec.json.Decoder(Region).decode


def read_label_studio_snapshot(data: bytes, *, file: str) -> Loaded[Snapshot]:
    """Read one JSON export; `file` is its path in the repository."""
    problems = Problems(file)
    tasks = export.read_tasks(data, problems)
    directory = directory_of(tasks)
    named: list[tuple[Record[export.Task], str, str]] = []
    for task in tasks:
        try:
            named.append((task, export.item_of(task.value), _split(task.value, split_of_path(file))))
        except BadValueError as error:
            note_bad_value(error, task, problems)
    shared = shared_names((name, split) for _, name, split in named)
    assembly = Assembly(problems)
    regions: list[Region] = []
    for task, name, split in named:
        item = Item(id=item_id(name, split, shared), file=name, split=split, line=task.line)
        try:
            regions += _take(task.value, item, directory, assembly)
        except BadValueError as error:
            note_bad_value(error, task, problems)
    has_ids = all(region.id is not None for region in regions)
    return problems.loaded(assembly.snapshot({}, has_ids=has_ids))


def _take(task: export.Task, item: Item, directory: Directory, assembly: Assembly) -> Sequence[Region]:
    """Take a task; returns the regions that count."""
    made = _submitted(task)
    if made is None:
        assembly.add_item(item)
        return ()
    regions = _regions(made)
    assembly.add_item(_sized(replace(item, marked_empty=not regions), regions))
    whole = Annotation(
        id="",
        item=item.id,
        label="",
        changed_at=utc_or_none(made.updated_at or made.created_at, "updated_at"),
        annotator=directory.name(made.completed_by),
        line=item.line,
    )
    for number, region in enumerate(regions, 1):
        place = f"{task.id}/{number if region.id is None else text_id(region.id)}"
        for annotation in _taken(region, place, whole):
            assembly.add_annotation(annotation)
    return regions


def _split(task: export.Task, otherwise: str) -> str:
    told = task.data.get("split", (task.meta or {}).get("split", otherwise))
    if isinstance(told, str):
        return plain_text(told)
    raise BadValueError("evidence.bad-record", "`split` is not text", "Write the name of the split.")


def _submitted(task: export.Task) -> export.Annotation | None:
    """The one annotation of a task that counts, or None when nobody has submitted one."""
    made = [one for one in task.annotations if not export.skipped(one)]
    export.note_incomplete(task, len(made))
    if len(made) > 1:
        made = [one for one in made if one.ground_truth is True]
        if len(made) != 1:
            raise BadValueError(
                "label-studio.several-annotations",
                f"the task has several annotations, and {len(made) or 'none'} of them marked as ground truth",
                "Mark the one that counts as ground truth, or delete the others.",
            )
    return made[0] if made else None


def _regions(annotation: export.Annotation) -> list[Region]:
    try:
        return [_decode(raw) for raw in annotation.result]
    except DECODE_ERRORS as error:
        raise BadValueError(
            "evidence.bad-record", f"a region: {explained(error)}", "Export the project again, unedited."
        ) from error


def _sized(item: Item, regions: Sequence[Region]) -> Item:
    sizes = {found for region in regions if (found := size(region)) is not None}
    if len(sizes) > 1:
        raise BadValueError(
            "label-studio.no-size",
            "the regions state different sizes of the image",
            "Export the project again, unedited.",
        )
    width, height = next(iter(sizes), (None, None))
    return replace(item, width=width, height=height)


def _taken(region: Region, place: str, whole: Annotation) -> Iterator[Annotation]:
    """An annotation per label of a region, whose id is `place`; `whole` says what all have in common."""
    found = labels(region)
    box, shape = geometry(region)
    for label in found:
        id_ = place if len(found) == 1 else f"{place}/{label}"
        yield replace(whole, id=id_, label=label, box=box, shape=shape)
