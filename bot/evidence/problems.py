"""What readers share: collecting findings about one file, and showing a file's text in them."""

from collections.abc import Iterable
from typing import TypeVar

from bot.answers import Finding
from bot.evidence.model import Loaded

CAP = 20
"""How many problems of one file are told one by one; the rest is counted."""

_SHOWN = 60

T = TypeVar("T")


class Problems:
    """The findings of reading one piece of evidence: the first `CAP`, and how many more."""

    __slots__ = ("_count", "_file", "_found")

    def __init__(self, file: str) -> None:
        self._file = file
        self._found: list[Finding] = []
        self._count = 0

    def add(
        self, code: str, text: str, fix: str, *, line: int | None = None, file: str | None = None
    ) -> None:
        """Note one problem, in `file` where the evidence has several files; `text` becomes a sentence."""
        self._count += 1
        if self._count <= CAP:
            self._found.append(
                Finding(code=code, text=sentence(text), fix=fix, file=file or self._file, line=line)
            )

    def take(self, findings: Iterable[Finding]) -> None:
        """Note what was found elsewhere, such as in one of several files."""
        for finding in findings:
            self.add(finding.code, finding.text, finding.fix, line=finding.line, file=finding.file)

    def __bool__(self) -> bool:
        """Whether anything was noted."""
        return self._count > 0

    def all(self) -> tuple[Finding, ...]:
        """The findings in the order they were noted, at most `CAP` and one that counts the rest."""
        if self._count <= CAP:
            return tuple(self._found)
        more = Finding(
            code="evidence.more-problems",
            text=f"And {self._count - CAP} more problems in {self._file}.",
            fix="Cure the problems listed first; the rest is listed after the next push.",
            file=self._file,
        )
        return (*self._found, more)

    def loaded(self, value: T) -> Loaded[T]:
        """`value` when nothing was noted; otherwise the problems and no value."""
        return Loaded(value=None if self else value, problems=self.all())


def sentence(text: str) -> str:
    """`text` with a capital at its beginning and a full stop at its end."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def shown(value: object) -> str:
    """Text of a file, quoted for a sentence: at most 60 characters, control characters replaced."""
    text = "".join(
        char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(value)[: _SHOWN + 1]
    )
    return f'"{text}"' if len(text) <= _SHOWN else f'"{text[:_SHOWN]}…"'
