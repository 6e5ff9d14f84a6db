"""Reading the policy: everything wrong with it at once, and notes about what it leaves undecided."""

from collections.abc import Iterator

from bot.answers import Finding
from bot.documents.read import Document, read_yaml
from bot.documents.validate import Parsed, validate
from bot.fields import code_span
from bot.policy import Policy, Stage


def read_policy(data: bytes, *, file: str) -> Parsed[Policy]:
    """The policy in `data`, or every problem that keeps it from being one.

    A production dataset whose rule of review is not decided is noted, not refused: gate 3 is
    vague for it.
    """
    document = read_yaml(data, file=file)
    if document.data is None:
        return Parsed(problems=document.problems, document=document)
    policy, invalid = validate(Policy, document, kind="policy")
    problems = (*document.problems, *invalid, *_twins(document))
    if problems or policy is None:
        problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        return Parsed(problems=problems, document=document)
    return Parsed(value=policy, notes=tuple(_undecided(policy, document)), document=document)


def _twins(document: Document) -> Iterator[Finding]:
    """Datasets of one name: releases, fingerprints and waivers are told apart by it.

    Looked up in the plain data, so that it is told beside whatever else is wrong with them.
    """
    data = document.data
    datasets = data.get("datasets") if isinstance(data, dict) else None
    first: dict[str, int] = {}
    for position, dataset in enumerate(datasets if isinstance(datasets, list) else []):
        name = dataset.get("name") if isinstance(dataset, dict) else None
        if not isinstance(name, str):
            continue
        line = document.line(("datasets", position, "name"))
        if first.setdefault(name, line) != line:
            yield Finding(
                code="policy.duplicate-dataset",
                text=f"Two datasets are called {code_span(name)}, the first on line {first[name]}.",
                fix="Give each dataset a name of its own.",
                file=document.file,
                line=line,
            )


def _undecided(policy: Policy, document: Document) -> Iterator[Finding]:
    for position, dataset in enumerate(policy.datasets):
        if dataset.stage is Stage.PRODUCTION and dataset.gates.review is None:
            yield Finding(
                code="policy.review-rule-undecided",
                text=f"{code_span(dataset.name)} is in production, but no rule says what must be reviewed.",
                fix="Add `review` under `gates`, with the rule full, targeted or sample.",
                file=document.file,
                line=document.line(("datasets", position, "gates"), key=True),
            )
