"""Export configurations: the consumer's format and class mapping.

Ours (``format: yolo`` and ``classes`` as a list or a mapping of id to name), Ultralytics'
`data.yaml` (``names``) or COCO's ``categories``, also those of a whole COCO file; told apart by their keys.

What a consumer would trip over in the map itself is a *fault*, proven whatever the rest of the
evidence says: an id or a name that YAML changes (``no``, ``on``, ``012``), a key given twice, a
number of classes that is not the number of names, ids in the order of text (0, 1, 10, 2).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import yaml

from bot.answers import Finding
from bot.documents import Data, Document, read_yaml
from bot.documents.scalars import AmbiguousError, meaning
from bot.evidence.coco_categories import is_coco_file, read_categories
from bot.evidence.exports.model import ClassEntry, ExportConfig
from bot.evidence.model import Loaded
from bot.evidence.problems import Problems, shown

_OURS_FIX = "Write `format`, and `classes` as a list of names or a mapping of id to name."
_UNLIKE = object()
"""What a scalar means that readers take for different things."""
_IN_THE_MAP = {"yaml.ambiguous-scalar", "yaml.duplicate-key"}

Named = tuple[str, Data, tuple[str | int, ...]]
"""A class id, the name as found, and where it stands in the document."""


def read_export_config(data: bytes, *, file: str) -> Loaded[ExportConfig]:
    """Read an export configuration; every class has its line."""
    if is_coco_file(data):
        return read_categories(data, file=file)
    document = read_yaml(data, file=file)
    content = document.data if isinstance(document.data, Mapping) else {}
    key = next((key for key in ("classes", "names", "categories") if key in content), "categories")
    ours = _Lines(document, content, key)
    foreign = tuple(found for found in document.problems if not ours.hold(found))
    if foreign:
        return Loaded(problems=foreign)
    problems = Problems(file)
    form = _format(document, content, key, problems)
    reading = _Reading(document)
    named = list(_named(content.get(key), key))
    reading.take(named)
    if not reading.entries and not reading.faults and not problems:
        problems.add("export.no-classes", "the file maps no classes", _OURS_FIX, line=1)
    reading.note_repeated(tuple(found for found in document.problems if ours.hold(found)))
    if key != "categories":
        reading.note_count(content, len(named))
        reading.note_order(named if isinstance(content.get(key), Mapping) else [])
    faults = tuple(sorted(reading.faults, key=lambda fault: fault.line or 0))
    return problems.loaded(
        ExportConfig(file=file, format=form, classes=tuple(reading.entries), faults=faults)
    )


def _format(document: Document, content: Mapping[str, Data], key: str, problems: Problems) -> str:
    if key != "classes":
        return "yolo" if key == "names" else "coco"
    form = content.get("format")
    if not isinstance(form, str):
        problems.add("export.no-format", "`format` is missing", _OURS_FIX, line=document.line(("format",)))
    return str(form)


def _named(classes: Data, key: str) -> Iterator[Named]:
    if isinstance(classes, Mapping):
        yield from ((id_, name, (key, id_)) for id_, name in classes.items())
    for index, entry in enumerate(classes if isinstance(classes, list) else ()):
        if key != "categories":
            yield str(index), entry, (key, index)
        elif isinstance(entry, Mapping):
            yield str(entry.get("id", "")), entry.get("name"), (key, index, "name")
        else:
            yield "", None, (key, index, "name")


class _Lines:
    """Which lines of a document belong to its class map."""

    def __init__(self, document: Document, content: Mapping[str, Data], key: str) -> None:
        self._starts = sorted((document.line((one,), key=True), one == key) for one in content)

    def hold(self, problem: Finding) -> bool:
        """Whether a problem lies in the class map and is a fault of it."""
        before = [in_map for line, in_map in self._starts if line <= (problem.line or 0)]
        return problem.code in _IN_THE_MAP and bool(before) and before[-1]


class _Reading:
    """The classes of one configuration, and the faults of their map."""

    def __init__(self, document: Document) -> None:
        self.entries: list[ClassEntry] = []
        self.faults: list[Finding] = []
        self._document = document
        self._yaml = yaml.SafeLoader("")

    def take(self, named: Iterable[Named]) -> None:
        """Take every class; a name that is not text is known by what was written."""
        for id_, name, path in named:
            line = self._document.line(path)
            taken = self._taken_id(id_)
            if taken != id_:
                self._note_changed_id(id_, self._document.line(path, key=True))
            written = self._document.written(path)
            meant = self._meant(written) if written is not None else name
            if isinstance(meant, str) and meant:
                self.entries.append(ClassEntry(id=taken, name=meant, line=line))
            elif written:
                self._note_changed(written, meant, line)
                self.entries.append(ClassEntry(id=taken, name=written, line=line))
            else:
                text = f"The name of class {shown(id_)} is not text."
                self._fault("export.class-unnamed", text, "Write the name, in quotes.", line, (id_,))

    def note_repeated(self, problems: tuple[Finding, ...]) -> None:
        """Keys that occur twice: every reader keeps another one of the two."""
        for problem in problems:
            if problem.code == "yaml.duplicate-key":
                fix = "Give every class an id of its own."
                self._fault("export.class-duplicate", problem.text, fix, problem.line, ())

    def note_count(self, content: Mapping[str, Data], named: int) -> None:
        """``nc`` that is not the number of names; Ultralytics refuses such a file."""
        count = content.get("nc")
        if count is not None and count != named:
            self._fault(
                "export.class-count",
                f"`nc` is {shown(count)} and {named:,} classes are named.",
                "Correct `nc`, or the names.",
                self._document.line(("nc",)),
                (),
            )

    def note_order(self, named: Sequence[Named]) -> None:
        """Ids sorted as text: a reader that takes names by position gives class 2 the name of class 10."""
        ids = [self._taken_id(id_) for id_, _, _ in named]
        by_number = sorted(ids, key=lambda id_: (len(id_), id_))
        if ids == sorted(ids) != by_number and all(id_.isdecimal() for id_ in ids):
            place = next(n for n, (one, other) in enumerate(zip(ids, by_number, strict=True)) if one != other)
            line = self._document.line(named[place][2])
            self._fault(
                "export.class-unsorted",
                f"The ids are sorted as text ({', '.join(ids[: place + 2])}): a reader that goes by position "
                "gives the names to other classes.",
                "Sort the classes by number.",
                line,
                (ids[place],),
            )

    def _taken_id(self, id_: str) -> str:
        """The id as YAML 1.1 readers take it: with leading zeros it is another number."""
        has_zeros = id_.isdecimal() and id_.startswith("0") and id_ != "0"
        meant = self._meant(id_) if has_zeros else id_
        return str(meant) if isinstance(meant, int) else id_

    def _note_changed_id(self, id_: str, line: int) -> None:
        self._fault(
            "export.class-id-changed",
            f"The class id `{id_}` has leading zeros, and YAML 1.1 readers take it for {self._meant(id_)}.",
            "Write the id without leading zeros.",
            line,
            (id_,),
        )

    def _note_changed(self, written: str, meant: object, line: int) -> None:
        became = "nothing" if meant is None else str(meant)
        taken = "readers disagree about it" if meant is _UNLIKE else f"YAML 1.1 readers take it for {became}"
        self._fault(
            "export.class-name-changed",
            f"The name `{written}` is unquoted, and {taken}, not for text.",
            "Quote the name.",
            line,
            (written,),
        )

    def _meant(self, written: str) -> object:
        """What PyYAML, the reader of most trainers, makes of an unquoted scalar, or else other readers.

        Dates count as text: they are written as they were.
        """
        tag = self._yaml.resolve(yaml.ScalarNode, written, (True, False))  # type: ignore[no-untyped-call]
        try:
            if tag == "tag:yaml.org,2002:str":
                return meaning(written)
            if tag == "tag:yaml.org,2002:timestamp":
                return written
            return self._yaml.construct_object(yaml.ScalarNode(tag, written))
        except (AmbiguousError, ValueError, yaml.YAMLError):
            return _UNLIKE

    def _fault(self, code: str, text: str, fix: str, line: int | None, items: tuple[str, ...]) -> None:
        self.faults.append(
            Finding(code=code, text=text, fix=fix, file=self._document.file, line=line, items=items)
        )
