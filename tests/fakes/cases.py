"""Gate cases as data: YAML documents under tests/cases/<gate>/, read into evidence values.

A file is a list of cases. Times are ISO times or "3 days ago", "in 2 hours" (from the case's
`now`); `items: img-1..img-60` repeats one record for every number; `missing` stands for evidence
that could not be read, and `doubts` names evidence that was read and is not to be trusted; `partial`
names snapshots that in addition cannot tell all their items. The records of one slice stand on
lines 1, 2, … of ``evidence/<slice>``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from bot.answers import Answer, EvidenceUsed, Finding
from bot.evidence.model import (
    Annotation,
    Assignment,
    AssignmentStatus,
    Item,
    ItemRange,
    Label,
    Loaded,
    ReviewOutcome,
    ReviewRecord,
    Snapshot,
)

FOLDER = Path(__file__).parents[1] / "cases"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SLICES = ("labels", "labels_before", "snapshot", "baseline", "assignments", "reviews")

_RELATIVE = re.compile(r"(in )?(\d+) (second|minute|hour|day)s?( ago)?")
_SPAN = re.compile(r"(.*?)(\d+)\.\.\1(\d+)")


@dataclass(frozen=True)
class Case:
    """One case: what the gate is given and what it has to say."""

    name: str
    now: datetime
    rule: Mapping[str, Any] | None
    evidence: Mapping[str, Loaded[Any]]
    expect: Mapping[str, Any]

    def slices(self, *names: str) -> dict[str, Loaded[Any]]:
        """The named slices, as keyword arguments of a gate."""
        return {name: self.evidence[name] for name in names}

    def doubted(self) -> Iterator["Case"]:
        """The same evidence, one piece after the other of which is not to be trusted."""
        doubt = Finding(code="evidence.doubted", text="So it is.", fix="Fix it.")
        for name, piece in self.evidence.items():
            yield replace(self, evidence={**self.evidence, name: replace(piece, problems=(doubt,))})

    def hold(self, answer: Answer) -> None:
        """Assert that `answer` says what the case expects."""
        known = {"outcome", "codes", "headline", "items", "annotations", "facts"}
        known |= {"lines", "texts", "fixes", "labels", "annotators"}
        assert set(self.expect) <= known, f"unknown expectations: {set(self.expect) - known}"
        assert answer.outcome == self.expect["outcome"], answer.findings
        assert [finding.code for finding in answer.findings] == self.expect["codes"]
        assert answer.headline == self.expect["headline"]
        for code, ids in self.expect.get("items", {}).items():
            assert [list(f.items) for f in answer.findings if f.code == code] == [span(one) for one in ids]
        for code, ids in self.expect.get("annotations", {}).items():
            assert [[id_ for _, id_ in f.annotations] for f in answer.findings if f.code == code] == ids
        for what in ("line", "text", "fix", "label", "annotator"):
            for code, values in self.expect.get(f"{what}{'es' if what == 'fix' else 's'}", {}).items():
                assert [getattr(f, what) for f in answer.findings if f.code == code] == values
        for title, rows in self.expect.get("facts", {}).items():
            assert [[list(row) for row in table.rows] for table in answer.facts if table.title == title] == [
                rows
            ]


def load_cases(gate: str) -> list[Case]:
    """Every case of a gate, in order of file and place."""
    return [
        read_case(document)
        for path in sorted((FOLDER / gate).glob("*.yaml"))
        for document in yaml.safe_load(path.read_text("utf-8"))
    ]


def read_case(document: Mapping[str, Any]) -> Case:
    """One case; a slice it does not mention is empty, but readable."""
    now = document.get("now", NOW)
    unknown = set(document) - {"name", "now", "rule", "expect", "doubts", "partial", "as_of", *SLICES}
    assert not unknown, f"{document['name']}: unknown keys {unknown}"
    as_of = {name: moment(text, now) for name, text in document.get("as_of", {}).items()}
    partial = frozenset(document.get("partial", ()))
    doubted = partial.union(document.get("doubts", ()))
    evidence = {
        name: replace(
            _loaded(
                name,
                document.get(name),
                now,
                name in doubted,
                as_of.get(name, None if name == "labels_before" else now),
            ),
            whole=name not in partial,
        )
        for name in SLICES
    }
    return Case(document["name"], now, document.get("rule"), evidence, document["expect"])


def moment(text: str | datetime | None, now: datetime) -> datetime | None:
    """An ISO time as YAML read it, or one relative to `now`."""
    if text is None or isinstance(text, datetime):
        return text
    match = _RELATIVE.fullmatch(text)
    assert match, f"not a time: {text}"
    distance = timedelta(**{f"{match[3]}s": int(match[2])})
    return now + distance if match[1] else now - distance


def span(ids: str | Sequence[str]) -> list[str]:
    """``img-1..img-3`` as three ids; a list as it is."""
    if not isinstance(ids, str):
        return [one for part in ids for one in span(part)]
    match = _SPAN.fullmatch(ids)
    return [f"{match[1]}{n}" for n in range(int(match[2]), int(match[3]) + 1)] if match else [ids]


def _loaded(name: str, raw: Any, now: datetime, doubted: bool, as_of: datetime | None) -> Loaded[Any]:
    used = EvidenceUsed(source=f"evidence/{name}", digest="sha256:00", as_of=as_of)
    problem = Finding(
        code=f"evidence.{name}-{raw if raw == 'missing' else 'doubted'}", text="So it is.", fix="Fix it."
    )
    if raw == "missing":
        return Loaded(problems=(problem,))
    return Loaded(value=_value(name, raw, now), problems=(problem,) if doubted else (), used=used)


def _value(name: str, raw: Any, now: datetime) -> Any:
    if name in {"snapshot", "baseline"}:
        return _snapshot(raw or {}, now)
    records = list(_records(raw or ()))
    make = {"assignments": _assignment, "reviews": _review}.get(name, _label)
    return tuple(make(record, now, line) for line, record in enumerate(records, 1))


def _records(raw: Sequence[Mapping[str, Any]], key: str = "item") -> Iterator[dict[str, Any]]:
    """The records, one of each for every item where they say `items` instead of `item`."""
    for record in raw:
        if "items" in record and not isinstance(record.get("id"), str):
            rest = {name: value for name, value in record.items() if name != "items"}
            yield from ({**rest, key: item} for item in span(record["items"]))
        else:
            yield dict(record)


def _label(record: Mapping[str, Any], now: datetime, line: int) -> Label:
    return Label(**_known(Label, record, now), line=line)


def _assignment(record: Mapping[str, Any], now: datetime, line: int) -> Assignment:
    values = _known(Assignment, record, now)
    items = values.pop("items")
    whole = ItemRange(**items) if isinstance(items, dict) else tuple(span(items))
    text = values.pop("status")
    status = AssignmentStatus(text) if text in set(AssignmentStatus) else AssignmentStatus.UNKNOWN
    empty = frozenset(span(values.pop("empty_items", [])))
    return Assignment(**values, items=whole, status=status, status_text=text, empty_items=empty, line=line)


def _review(record: Mapping[str, Any], now: datetime, line: int) -> ReviewRecord:
    values = {
        "annotator": "ana",
        "reviewer": "rob",
        "outcome": "approved",
        **_known(ReviewRecord, record, now),
    }
    text = values.pop("outcome")
    outcome = ReviewOutcome(text) if text in set(ReviewOutcome) else ReviewOutcome.UNKNOWN
    return ReviewRecord(**values, outcome=outcome, line=line)


def _snapshot(raw: Mapping[str, Any], now: datetime) -> Snapshot:
    items = [one if isinstance(one, dict) else {"id": one} for one in span_all(raw.get("items", []))]
    annotations = [_known(Annotation, record, now) for record in _records(raw.get("annotations", []))]
    return Snapshot(
        items=tuple(Item(**{"file": f"{one['id']}.jpg", **one}) for one in items),
        annotations=tuple(Annotation(**{"id": f"a{n}", **record}) for n, record in enumerate(annotations)),
        classes=raw.get("classes", {}),
        digest="sha256:11",
    )


def span_all(items: str | Sequence[Any]) -> list[Any]:
    """Items of a snapshot: spans and ids expanded, records left alone."""
    parts = [items] if isinstance(items, str) else items
    return [one for part in parts for one in ([part] if isinstance(part, dict) else span(part))]


def _known(model: type[Any], record: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    names = {field.name for field in fields(model)}
    assert set(record) <= names, f"unknown fields: {set(record) - names}"
    return {name: _typed(name, value, now) for name, value in record.items()}


def _typed(name: str, value: Any, now: datetime) -> Any:
    if name == "at" or name.endswith("_at"):
        return moment(value, now)
    return tuple(value) if name in {"box", "shape"} else value
