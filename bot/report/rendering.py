"""The templates of the report, with escaping that cannot be forgotten.

Every value a template prints passes through `markdown.prose`, unless it is `Markdown` (or the
output of another macro) already: a forgotten filter gives plain text, never live Markdown.
"""

from collections.abc import Sequence
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bot.answers import Answer, Finding
from bot.report import words
from bot.report.markdown import Markdown, clip, code, plain, prose
from bot.report.words import location

MAX_TEXT: Final = 400
"""Characters shown of one sentence or cell."""

MAX_ITEM: Final = 60
"""Characters shown of one item's id."""

SHOWN_ITEMS: Final = 5
"""Items shown of one finding; `python -m bot check --slices` writes all of them."""


def section(name: str, *args: object) -> str:
    """Write one section: the macro `name` of ``templates/sections.md.j2``."""
    macro = getattr(_MODULE, name)
    return str(macro(*args)).strip()


def _finalize(value: object) -> object:
    return value if isinstance(value, Markdown | Markup) else prose(str(value))


def _place(finding: Finding) -> Markdown:
    """Where a finding lies, if in a file, and its code: "`file:line` · `code`"."""
    names = [name for name in (location(finding), finding.code) if name]
    return Markdown(" · ".join(code(_clip(name)) for name in names))


def _items(finding: Finding) -> Markdown:
    """The first items a finding names, how many more there are and where, on a line of their own."""
    shown = ", ".join(code(clip(item, MAX_ITEM)) for item in finding.items[:SHOWN_ITEMS])
    more = len(finding.items) - SHOWN_ITEMS
    rest = f" and {more:,} more" if more > 0 else ""
    if finding.whole_list:
        rest += f" ([all {len(finding.items):,}]({finding.whole_list}))"
    return Markdown(f"<br>Items: {shown}{rest}" if shown else "")


def _evidence_names(answer: Answer) -> Markdown:
    """The names of the files an answer rests on, the first three."""
    names = list(dict.fromkeys(used.source.rsplit("/", 1)[-1] for used in answer.evidence))
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return Markdown(f" {', '.join(code(_clip(name)) for name in names[:3])}{more}" if names else "")


def _cells(values: Sequence[str]) -> Markdown:
    return Markdown(" | ".join(prose(_clip(value)) for value in values))


def _clip(text: str) -> str:
    return clip(text, MAX_TEXT)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("bot.report"),
        autoescape=True,
        finalize=_finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {
        "answer_word": words.answer_word,
        "cells": _cells,
        "clip": _clip,
        "code": lambda text: code(_clip(text)),
        "counted": words.counted,
        "evidence_names": _evidence_names,
        "headline": words.HEADLINES.__getitem__,
        "markdown": Markdown,
        "moment": lambda at: Markdown(words.moment(at)),
        "named": words.named,
        "items": _items,
        "place": _place,
        "plain": lambda text: plain(_clip(text)),
        "question": words.QUESTIONS.__getitem__,
        "short_digest": words.short_digest,
        "short_fingerprint": words.short_fingerprint,
        "tally": words.tally,
    }
    environment.filters.update(filters)
    return environment


_MODULE: Final = _environment().get_template("sections.md.j2").module
