"""Collecting what a consumer finds in exported files, and what it trips over."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.answers import Finding
from bot.evidence.assembly import item_id, shared_names
from bot.evidence.exports.model import BoxForm, ExportedFiles
from bot.evidence.model import Annotation, Item, Snapshot
from bot.evidence.problems import sentence
from bot.evidence.values import Id

Box = tuple[float, float, float, float]


@dataclass(slots=True)
class _Fault:
    """The first fault of a kind, and the items of all."""

    text: str
    fix: str
    file: str
    line: int | None
    count: int = 0
    items: dict[str, None] = field(default_factory=dict)


class Found:
    """Items, annotations and classes as they are found; one finding for every kind of fault."""

    def __init__(self, boxes: BoxForm | None) -> None:
        self.classes: dict[str, str] = {}
        self.images_known = True
        self._boxes = boxes
        self._items: list[Item] = []
        self._annotations: list[Annotation] = []
        self._faults: dict[str, _Fault] = {}
        self._proven: list[Finding] = []

    def read_as(self, boxes: BoxForm) -> None:
        """Note what form boxes have, where the records tell it, before any is taken."""
        self._boxes = boxes

    @property
    def items(self) -> Sequence[Item]:
        """The items so far."""
        return self._items

    def take(self, findings: Sequence[Finding]) -> None:
        """Note faults found elsewhere."""
        self._proven += findings

    def fault(
        self, code: str, text: str, fix: str, *, file: str, line: int | None = None, item: str = ""
    ) -> None:
        """Note a fault; of its kind the first is told and the others are counted."""
        known = self._faults.setdefault(code, _Fault(text, fix, file, line))
        known.count += 1
        if item:
            known.items[item] = None

    def add_item(self, item: Item) -> int:
        """Take an item, `id` being its name; its place, which annotations refer to."""
        self._items.append(item)
        return len(self._items) - 1

    def add_annotation(
        self,
        place: int,
        id_: Id,
        label: str,
        numbers: Sequence[float],
        *,
        shape: Sequence[float] = (),
        line: int | None = None,
    ) -> None:
        """Take an annotation of the item at `place`, its box and outline as the file writes them."""
        box = decoded(self._boxes, (numbers[0], numbers[1], numbers[2], numbers[3])) if numbers else None
        self._annotations.append(
            Annotation(id=str(id_), item=str(place), label=label, box=box, shape=tuple(shape), line=line)
        )

    def files(self) -> ExportedFiles:
        """Everything that was taken."""
        shared = shared_names((item.id, item.split) for item in self._items)
        ids: dict[str, str] = {}
        taken: set[str] = set()
        for place, item in enumerate(self._items):
            name = item_id(item.id, item.split, shared)
            ids[str(place)] = name if name not in taken else f"{name}#{place}"
            taken.add(ids[str(place)])
        items = tuple(replace(item, id=ids[str(place)]) for place, item in enumerate(self._items))
        annotations = tuple(replace(one, item=ids[one.item]) for one in self._annotations)
        return ExportedFiles(
            content=Snapshot(items=items, annotations=annotations, classes=self.classes),
            boxes=self._boxes,
            faults=(*self._proven, *(self._told(code, known) for code, known in self._faults.items())),
            images_known=self.images_known,
        )

    @staticmethod
    def _told(code: str, fault: _Fault) -> Finding:
        more = f", and {fault.count - 1:,} more of the kind" if fault.count > 1 else ""
        return Finding(
            code=f"export.{code}",
            text=sentence(f"{fault.text}{more}"),
            fix=fault.fix,
            file=fault.file,
            line=fault.line,
            items=tuple(fault.items),
        )


def unknown_class(id_: str) -> str:
    """How a class is called that has an id and no name."""
    return f"class {id_}"


def decoded(form: BoxForm | None, numbers: Box) -> Box:
    """x, y, width and height of what a file of that form writes."""
    a, b, c, d = numbers
    match form:
        case BoxForm.CENTRE:
            return (a - c / 2, b - d / 2, c, d)
        case BoxForm.CORNERS:
            return (a, b, c - a, d - b)
        case _:
            return numbers


def encoded(form: BoxForm | None, box: Box) -> Box:
    """What a file of that form writes for x, y, width and height."""
    x, y, width, height = box
    match form:
        case BoxForm.CENTRE:
            return (x + width / 2, y + height / 2, width, height)
        case BoxForm.CORNERS:
            return (x, y, x + width, y + height)
        case _:
            return box
