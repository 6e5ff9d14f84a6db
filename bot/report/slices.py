"""The items of every finding as files of JSON lines, for the people and tools that work on them."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.answers import Answer, Finding
from bot.releases import Evaluation, Release

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One file: its path below the chosen folder, with forward slashes, and its lines."""

    path: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The whole file."""
        return "".join(f"{line}\n" for line in self.lines)


def slices(evaluation: Evaluation, files: Mapping[str, Mapping[str, str]]) -> Iterator[Slice]:
    """A slice for each finding with items: ``<dataset>/<gate>-<code>-<n>.jsonl``, one item a line.

    `files` is manifest path → item id → file. The same evaluation always gives the same bytes.
    """
    folders = Counter[str]()
    for release in evaluation.releases:
        name = _safe(release.dataset)
        folders[name] += 1
        folder = name if folders[name] == 1 else f"{name}-{folders[name]}"
        known = files.get(release.manifest, {})
        for answer in release.answers:
            codes = Counter[str]()
            for finding in answer.findings:
                if finding.items:
                    codes[finding.code] += 1
                    file = f"{answer.number}-{answer.gate}-{_safe(finding.code)}-{codes[finding.code]}.jsonl"
                    lines = tuple(_lines(release, answer, finding, known))
                    yield Slice(path=f"{folder}/{file}", lines=lines)


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


def _safe(name: str) -> str:
    """A file name of letters, digits, dots and dashes that is neither empty nor hidden."""
    return _UNSAFE.sub("-", name).strip(".-") or "release"
