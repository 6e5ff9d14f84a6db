"""A pydantic error as a finding: a plain sentence with what stands in the file, one cure, and its line.

The error types are those of https://docs.pydantic.dev/latest/errors/validation_errors/ that the
models of `bot.policy` and `bot.manifest` can raise, and the ones `bot.fields.malformed` makes.
"""

import json
import re
from difflib import get_close_matches

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from bot.answers import Finding
from bot.documents.read import Data, Document, Path
from bot.documents.shape import cure_for_unknown, listed
from bot.fields import code_span, quoted

Said = tuple[str, str, str]
"""The last part of the code, the sentence, the cure."""

_TYPES = {
    "string_type": ("text", "Write text, in quotes."),
    "int_type": ("a whole number", "Write digits only, without quotes."),
    "float_type": ("a number", "Write a number such as 0.05, without quotes."),
    "tuple_type": ("a list", "Write one item per line, each after a dash and a space."),
    "model_type": ("a mapping of keys to values", "Write it as lines of `key: value`, indented alike."),
    "datetime_type": ("a time", "Write date, time and zone, such as 2026-11-20T14:00:00Z."),
}

_SIZES = {
    "string_too_short": ("empty-value", "is empty", "Write a value."),
    "string_too_long": ("out-of-range", "is longer than {max_length} characters", "Shorten it."),
    "too_short": ("empty-value", "is empty", "List at least one."),
}

_RANGES = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("less than", "lt"),
}


def explain(error: ErrorDetails, model: type[BaseModel], document: Document, *, kind: str) -> Finding:
    """The finding for one `error` of validating `document` as a `model`; its code is ``<kind>.<what>``."""
    path, value = error["loc"], error["input"]
    match error["type"]:
        case "extra_forbidden":
            line = document.line(path, key=True)
            said = ("unknown-key", f"{_name(path)} is not a key here.", cure_for_unknown(model, path))
        case "missing":
            line = document.line(path[:-1], key=True)
            said = ("missing-key", f"{_name(path)} is missing.", f"Add `{path[-1]}`.")
        case _:
            line = document.line(path, key=isinstance(value, dict))
            said = _said(error, document)
    code, text, fix = said
    return Finding(code=f"{kind}.{code}", text=text, fix=fix, file=document.file, line=line)


def _said(error: ErrorDetails, document: Document) -> Said:
    type_, path, context = error["type"], error["loc"], error.get("ctx", {})
    name, written = _name(path), document.written(path)
    got = _got(error["input"], written)
    if "fix" in context:
        return type_, context["text"], context["fix"]
    if "expected" in context:
        return _unknown_value(name, got, error["input"], context["expected"])
    if type_ in _RANGES:
        words, key = _RANGES[type_]
        bound = f"{words} {context[key]:g}"
        return "out-of-range", f"{name} must be {bound}, {got}.", f"Write a number that is {bound}."
    if type_ in _SIZES:
        code, problem, fix = _SIZES[type_]
        return code, f"{name} {problem.format(**context)}.", fix
    if type_ == "string_type" and written:
        return "wrong-type", f"{name} must be text, {got}.", f'Write "{written}" in quotes.'
    wanted, fix = _TYPES.get(type_, ("something else", "Compare it with the JSON Schema."))
    return "wrong-type", f"{name} must be {wanted}, {got}.", fix


def _unknown_value(name: str, got: str, value: Data, expected: str) -> Said:
    allowed = re.findall(r"'([^']*)'", expected) or [expected]
    near = get_close_matches(str(value), allowed, n=1)
    fix = (
        f"Did you mean `{near[0]}`? Write that."
        if near
        else "Write one of these."
        if len(allowed) > 1
        else f"Write `{expected}`."
    )
    return "unknown-value", f"{name} must be {listed(allowed, 'or')}, {got}.", fix


def _name(path: Path) -> str:
    if not path:
        return "The document"
    last = path[-1]
    return f"Item {last + 1} of {_name(path[:-1])}" if isinstance(last, int) else code_span(last)


def _got(value: Data, written: str | None) -> str:
    match value:
        case None:
            return "but it is empty"
        case str():
            return f"got the text {quoted(value)}"
        case list():
            return "got a list"
        case dict():
            return "got a mapping"
        case bool():
            return f"got {json.dumps(value)}"
        case _:
            return f"got the number {written or value}"
