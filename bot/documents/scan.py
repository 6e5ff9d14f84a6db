"""YAML as a bounded stream of parser events: nothing is constructed here, or anywhere else.

PyYAML's loaders build what a document asks for: 48 KB of nesting kill the process in libyaml's
composer, 518 bytes of merge keys run for minutes, explicit tags raise errors that are no
`YAMLError`. Its *parser* does none of that: it yields events without recursion. Everything is
decided on those events, while they come: the depth is checked before the next event is asked
for, and `bot.documents.read` builds plain data from the same events. There is one parser for
both, so the check and the reading cannot disagree (libyaml and the pure-Python scanner do, in
one of twenty accepted inputs of a fuzz run; https://pyyaml.org/wiki/PyYAMLDocumentation).
"""

from collections.abc import Iterator
from typing import Final

import yaml

from bot.answers import Finding
from bot.documents.source import RefusedError, bad_character, character_name
from bot.documents.syntax import explain
from bot.fields import code_span

MAX_DEPTH = 64
MAX_NODES = 200_000
MAX_SCALAR = 64 * 1024
"""Characters of one scalar."""
MAX_PROBLEMS = 50
"""How many problems of one file are told one by one; the rest is counted."""

LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser where PyYAML was built with it."""


class Problems:
    """The findings about one file: the first `MAX_PROBLEMS`, and how many more."""

    __slots__ = ("_count", "_file", "_found")

    def __init__(self, file: str) -> None:
        self._file = file
        self._found: list[Finding] = []
        self._count = 0

    def add(self, code: str, text: str, fix: str, *, line: int) -> None:
        """Note one problem."""
        self._count += 1
        if self._count <= MAX_PROBLEMS:
            self._found.append(Finding(code=code, text=text, fix=fix, file=self._file, line=line))

    def all(self) -> tuple[Finding, ...]:
        """The findings by line; one more counts those left out."""
        found = sorted(self._found, key=lambda finding: finding.line or 0)
        if self._count > MAX_PROBLEMS:
            found.append(
                Finding(
                    code="yaml.more-problems",
                    text=f"The file has {self._count - MAX_PROBLEMS:,} more problems.",
                    fix="Cure the ones listed; the others are listed next time.",
                    file=self._file,
                    line=found[-1].line,
                )
            )
        return tuple(found)


class Scan:
    """One pass over the events of `text`; problems that do not stop it go to `problems`."""

    def __init__(
        self, text: str, problems: Problems, *, file: str, loader: type[yaml.SafeLoader] = LOADER
    ) -> None:
        self._text = text
        self._lines = text.removesuffix("\n").split("\n")
        self._problems = problems
        self._file = file
        self._loader = loader
        self._nodes = 0
        self._documents = 0
        self._flow: list[bool] = []  # one entry per open collection: is it written with brackets?

    def line(self, event: yaml.Event) -> int:
        """The line `event` begins on, counted from 1; a value left out at the end is on the last line."""
        mark = event.start_mark
        return min(mark.line + 1, len(self._lines)) if mark is not None else 1

    def events(self) -> Iterator[yaml.NodeEvent | yaml.CollectionEndEvent]:
        """The events of the one document, from the start of its root to its end.

        Raises:
            RefusedError: the text is not YAML, or goes past a limit.
        """
        try:
            for event in yaml.parse(self._text, Loader=self._loader):
                if isinstance(event, yaml.DocumentStartEvent):
                    self._count_document(event)
                elif isinstance(event, yaml.CollectionEndEvent):
                    self._flow.pop()
                    yield event
                elif isinstance(event, yaml.NodeEvent):
                    self._check_node(event)
                    yield event
        except (
            yaml.YAMLError,
            ValueError,
            OverflowError,
        ) as error:  # the last two: "\UFFFFFFFF" without libyaml
            raise RefusedError(explain(error, self._lines, file=self._file)) from error

    def _count_document(self, event: yaml.Event) -> None:
        self._documents += 1
        if self._documents > 1:
            raise self._refused(
                event,
                "yaml.multi-document",
                "A second document begins here.",
                "Keep one document in the file: remove the `---` line and what follows.",
            )

    def _check_node(self, event: yaml.NodeEvent) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise self._refused(
                event,
                "yaml.too-many-values",
                f"The file holds more than {MAX_NODES:,} values.",
                "Keep data out of this file: name other files by path and digest.",
            )
        if event.anchor is not None:
            self._problems.add(
                "yaml.alias",
                f"{code_span(_sign(event) + event.anchor)} is an alias or anchor, which is not allowed here.",
                "Write the value out where it is needed, or quote it if it is text.",
                line=self.line(event),
            )
        if isinstance(event, yaml.ScalarEvent):
            self._check_scalar(event)
        if isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)) and event.tag is not None:
            self._problems.add(
                "yaml.tag",
                f"The tag {code_span(event.tag)} asks the reader for a special kind of value.",
                "Remove the tag, and quote the value if it is text.",
                line=self.line(event),
            )
        if isinstance(event, yaml.CollectionStartEvent):
            self._open(event)

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        self._flow.append(bool(event.flow_style))
        if len(self._flow) > MAX_DEPTH:
            raise self._refused(
                event,
                "yaml.too-deep",
                f"Values are nested more than {MAX_DEPTH} deep.",
                "Write a flatter file.",
            )

    def _check_scalar(self, event: yaml.ScalarEvent) -> None:
        if len(event.value) > MAX_SCALAR:
            raise self._refused(
                event,
                "yaml.too-long",
                f"The value is longer than {MAX_SCALAR:,} characters.",
                "Keep long text in a file of its own.",
            )
        at = bad_character(event.value) if event.style == '"' else None
        if at is not None:
            self._problems.add(
                "yaml.control-character",
                f"The value holds, as an escape, the character {character_name(event.value[at])}.",
                "Remove the escape.",
                line=self.line(event),
            )

    def _refused(self, event: yaml.Event, code: str, text: str, fix: str) -> RefusedError:
        return RefusedError(Finding(code=code, text=text, fix=fix, file=self._file, line=self.line(event)))


def _sign(event: yaml.NodeEvent) -> str:
    return "*" if isinstance(event, yaml.AliasEvent) else "&"
