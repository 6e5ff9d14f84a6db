"""Plain data against a pydantic model: all problems at once, each a sentence of ours with its line."""

import json
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from bot.answers import Finding
from bot.documents.explain import explain
from bot.documents.read import Document, Path

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed(Generic[T]):
    """A document as a validated value, or every problem that keeps it from being one.

    `value` is None exactly when there are `problems`. `notes` do not make the document wrong:
    they say what will be vague because of it.
    """

    value: T | None = None
    problems: tuple[Finding, ...] = ()
    notes: tuple[Finding, ...] = ()
    document: Document = field(default_factory=lambda: Document(file=""))

    @classmethod
    def refused(cls, *problems: Finding) -> "Parsed[T]":
        """No value, for a reason found before its bytes were read."""
        return cls(problems=problems)

    def line(self, path: Path, *, key: bool = False) -> int:
        """The line of the value at `path` (keys as the file writes them) or of its key."""
        return self.document.line(path, key=key)


def validate(model: type[M], document: Document, *, kind: str) -> tuple[M | None, tuple[Finding, ...]]:
    """`document` as a `model`, and what is wrong with it beyond what reading it found.

    Codes are ``<kind>.<what>``. What a reading problem of the same line explains is not told twice.
    """
    try:
        return model.model_validate_json(json.dumps(document.data)), ()
    except ValidationError as invalid:
        explained = {problem.line for problem in document.problems}
        found = [
            explain(error, model, document, kind=kind)
            for error in invalid.errors(include_url=False)
            if not (error["type"] == "too_short" and error["input"])  # its items were refused one by one
        ]
        return None, tuple(finding for finding in found if finding.line not in explained)
