"""YAML (and so JSON) bytes to plain data, with the line of everything in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import yaml

from bot.answers import Finding
from bot.documents.scalars import AmbiguousError, Value, meaning
from bot.documents.scan import LOADER, Problems, Scan
from bot.documents.source import MAX_BYTES, RefusedError, decode
from bot.fields import code_span

Data = Value | list["Data"] | dict[str, "Data"]
Path = tuple[str | int, ...]
"""Keys and list positions from the root of a document."""


_NO_PARTS: "Mapping[str | int, Node]" = MappingProxyType({})


@dataclass(slots=True)
class Node:
    """Where a value stands: its line, its key's line, what was written, and the same of its parts."""

    line: int
    key_line: int
    written: str | None = None
    parts: "Mapping[str | int, Node]" = field(default_factory=lambda: _NO_PARTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document as plain data: str, int, float, bool, None, list, and dict with str keys.

    `data` is None when reading had to stop; problems that did not stop it stand beside `data`,
    which then lacks what they speak of (the second of two equal keys, the target of an alias).
    """

    file: str
    data: Data = None
    problems: tuple[Finding, ...] = ()
    root: Node = field(default_factory=lambda: Node(1, 1))

    def line(self, path: Path, *, key: bool = False) -> int:
        """The line of the value at `path`, or of its key; of its nearest ancestor if there is none."""
        node, found = self._walk(path)
        return node.key_line if key or not found else node.line

    def written(self, path: Path) -> str | None:
        """The scalar at `path` as it stands in the file, where quotes would have made it text."""
        node, found = self._walk(path)
        return node.written if found else None

    def _walk(self, path: Path) -> tuple[Node, bool]:
        node = self.root
        for step in path:
            part = node.parts.get(step)
            if part is None:
                return node, False
            node = part
        return node, True


def read_yaml(
    data: bytes, *, file: str, max_bytes: int = MAX_BYTES, loader: type[yaml.SafeLoader] = LOADER
) -> Document:
    """Read one YAML or JSON document; whatever is wrong with `data` becomes a problem of the result.

    Keys are always text: ``0: car`` has the key "0". Plain dates and times are text.
    """
    problems = Problems(file)
    try:
        scan = Scan(decode(data, file=file, max_bytes=max_bytes), problems, file=file, loader=loader)
        builder = _Builder(scan, problems)
        for event in scan.events():
            builder.take(event)
    except RefusedError as error:
        return Document(file=file, problems=(*problems.all(), error.finding))
    if builder.data is None:
        problems.add("yaml.empty", "The file says nothing.", "Write the document.", line=1)
    return Document(file=file, data=builder.data, problems=problems.all(), root=builder.root)


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet.

    In a mapping a value is `due` after each key; `key` is None when that key cannot be one, and
    the value is then read for its problems and left out.
    """

    data: list[Data] | dict[str, Data]
    parts: dict[str | int, Node]
    due: bool = False
    key: str | None = None
    key_line: int = 0


class _Builder:
    """Plain data out of events, on a stack of its own: nesting costs no recursion."""

    def __init__(self, scan: Scan, problems: Problems) -> None:
        self.data: Data = None
        self.root = Node(1, 1)
        self._scan = scan
        self._problems = problems
        self._stack: list[_Open] = []

    def take(self, event: yaml.NodeEvent | yaml.CollectionEndEvent) -> None:
        """Take the next event in the order of the file."""
        top = self._stack[-1] if self._stack else None
        if isinstance(event, yaml.CollectionEndEvent):
            self._stack.pop()
        elif top is not None and isinstance(top.data, dict) and not top.due:
            top.key, top.key_line, top.due = self._key(event, top), self._scan.line(event), True
            if isinstance(event, yaml.CollectionStartEvent):
                self._push([] if isinstance(event, yaml.SequenceStartEvent) else {}, Node(0, 0))
        else:
            self._take_value(event, top)

    def _take_value(self, event: yaml.NodeEvent, top: _Open | None) -> None:
        line = self._scan.line(event)
        node = Node(line, line)
        value: Data = None
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event)
            node.written = None if event.style else event.value
        elif isinstance(event, yaml.SequenceStartEvent):
            value = []
        elif isinstance(event, yaml.MappingStartEvent):
            value = {}
        self._attach(value, node, top)
        if isinstance(value, (list, dict)):
            self._push(value, node)

    def _push(self, data: list[Data] | dict[str, Data], node: Node) -> None:
        parts: dict[str | int, Node] = {}
        node.parts = parts
        self._stack.append(_Open(data, parts))

    def _attach(self, value: Data, node: Node, top: _Open | None) -> None:
        if top is None:
            self.data, self.root = value, node
        elif isinstance(top.data, list):
            top.parts[len(top.data)] = node
            top.data.append(value)
        else:
            top.due = False
            if top.key is not None:
                node.key_line = top.key_line
                top.parts[top.key] = node
                top.data[top.key] = value

    def _scalar(self, event: yaml.ScalarEvent) -> Value:
        text = str(event.value)
        if event.style or event.tag is not None:  # quoted, a block, or already refused for its tag
            return text
        try:
            return meaning(text)
        except AmbiguousError as error:
            self._ambiguous(event, str(error))
            return text

    def _key(self, event: yaml.NodeEvent, mapping: _Open) -> str | None:
        if not isinstance(event, yaml.ScalarEvent):
            self._problems.add(
                "yaml.key-not-text",
                "A key must be text, not a list, a mapping or an alias.",
                "Write a plain key; quote values that begin with a bracket.",
                line=self._scan.line(event),
            )
            return None
        text = str(event.value)
        if text == "<<" and not event.style:
            self._problems.add(
                "yaml.merge-key",
                "`<<` merges another mapping in, which readers do differently.",
                "Write the merged keys out.",
                line=self._scan.line(event),
            )
            return None
        value = self._scalar(event)
        if value is None or isinstance(value, (bool, float)):
            self._ambiguous(event, "some readers do not take it for text")
        first = mapping.parts.get(text)
        if first is not None:
            self._problems.add(
                "yaml.duplicate-key",
                f"{code_span(text)} occurs twice in one mapping, first on line {first.key_line}.",
                "Keep one of the two.",
                line=self._scan.line(event),
            )
            return None
        return text

    def _ambiguous(self, event: yaml.ScalarEvent, why: str) -> None:
        self._problems.add(
            "yaml.ambiguous-scalar",
            f"{code_span(event.value)} is unquoted, and {why}." if event.value else "A key is empty.",
            "Put it in quotes if it is text; otherwise write a plain number, true, false or null."
            if event.value
            else "Write the key before the colon.",
            line=self._scan.line(event),
        )
