"""The items of every finding as files of JSON lines, for the people and tools that work on them."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain, count

from bot.answers import Answer, Finding, Outcome
from bot.releases import Evaluation, Release
from bot.report.rendering import SHOWN_ITEMS
from bot.report.words import counted

LINK_LIFETIME = timedelta(days=30)
"""The longest time a link to a list is good for."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")

Place = tuple[int, int, int]
"""Release, answer and finding, each counted from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One file: its path below the chosen folder, with forward slashes, and its lines."""

    path: str
    place: Place
    release: Release
    answer: Answer
    finding: Finding

    def lines(self) -> Iterator[str]:
        """One item a line, made as they are asked for: there can be millions."""
        return _lines(self.release, self.answer, self.finding, self.release.item_files)

    @property
    def text(self) -> str:
        """The whole file."""
        return "".join(f"{line}\n" for line in self.lines())


def slices(evaluation: Evaluation) -> Iterator[Slice]:
    """A slice for each finding with items: ``<dataset>/<gate>-<code>-<n>.jsonl``, one item a line.

    The same evaluation always gives the same bytes.
    """
    folders: list[str] = []
    for r, release in enumerate(evaluation.releases):
        folders.append(folder := _unlike(folders, _safe(release.dataset)))
        for a, answer in enumerate(release.answers):
            codes = Counter[str]()
            for f, finding in enumerate(answer.findings):
                if finding.items:
                    codes[finding.code] += 1
                    file = f"{answer.number}-{answer.gate}-{_safe(finding.code)}-{codes[finding.code]}.jsonl"
                    yield Slice(
                        path=f"{folder}/{file}",
                        place=(r, a, f),
                        release=release,
                        answer=answer,
                        finding=finding,
                    )


def is_cut(answer: Answer, finding: Finding) -> bool:
    """Whether comment and check list the finding and show only some of its items."""
    listed = answer.waiver is not None or answer.outcome is not Outcome.PASSED
    return listed and len(finding.items) > SHOWN_ITEMS


def long_lists(evaluation: Evaluation) -> Iterator[Slice]:
    """The slices of which comment and check show only the first items."""
    return (one for one in slices(evaluation) if is_cut(one.answer, one.finding))


def with_links(
    evaluation: Evaluation, addresses: Mapping[str, str], too_long: Sequence[Slice] = ()
) -> Evaluation:
    """`evaluation` as it is shown where lists can be downloaded: `addresses` is path → URL.

    Lists that are `too_long` to be kept are named in a banner.
    """
    links = {one.place: addresses[one.path] for one in slices(evaluation) if one.path in addresses}

    def linked(place: Place, finding: Finding) -> Finding:
        return replace(finding, whole_list=links[place]) if place in links else finding

    releases = tuple(
        replace(
            release,
            answers=tuple(
                replace(
                    answer,
                    findings=tuple(linked((r, a, f), found) for f, found in enumerate(answer.findings)),
                )
                for a, answer in enumerate(release.answers)
            ),
        )
        for r, release in enumerate(evaluation.releases)
    )
    banners = (*evaluation.banners, _too_long(too_long)) if too_long else evaluation.banners
    return replace(evaluation, releases=releases, banners=banners)


def _too_long(lists: Sequence[Slice]) -> str:
    named = ", ".join(
        f"gate {one.answer.number} `{one.finding.code}` ({counted(len(one.finding.items), 'item')})"
        for one in lists[:SHOWN_ITEMS]
    )
    more = f" and {len(lists) - SHOWN_ITEMS} more" if len(lists) > SHOWN_ITEMS else ""
    return (
        f"Too long to be kept for download: {named}{more}. "
        "`python -m bot check --slices DIR` writes every list whole."
    )


def _lines(release: Release, answer: Answer, finding: Finding, known: Mapping[str, str]) -> Iterator[str]:
    """ASCII only, so that ids with lone surrogates survive."""
    annotations: defaultdict[str, list[str]] = defaultdict(list)
    for item, annotation in finding.annotations:
        annotations[item].append(annotation)
    for item in finding.items:
        record = {
            "dataset": release.dataset,
            "gate": answer.gate,
            "code": finding.code,
            "class": finding.label or None,
            "annotator": finding.annotator or None,
            "item": item,
            "file": known.get(item),
            "annotations": annotations[item],
        }
        yield json.dumps(record, ensure_ascii=True)


def _unlike(taken: Sequence[str], name: str) -> str:
    """`name`, or the first of ``<name>-2``, ``<name>-3`` … that is not taken."""
    names = chain([name], (f"{name}-{n}" for n in count(2)))
    return next(one for one in names if one not in taken)


def _safe(name: str) -> str:
    """A file name of letters, digits, dots and dashes that is neither empty nor hidden."""
    return _UNSAFE.sub("-", name).strip(".-") or "release"
