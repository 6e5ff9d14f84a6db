"""What gate 5 says about changes, drift and leakage, each with its one cure."""

from collections.abc import Iterable, Sequence

from bot.answers import Finding
from bot.evidence.problems import shown
from bot.gates.compare.changes import Change, ChangeKind
from bot.gates.compare.counts import Drift
from bot.gates.compare.groups import Group, Named
from bot.gates.compare.groups import named as concerned
from bot.gates.compare.leakage import Leak
from bot.gates.wording import counted, named, percent
from bot.manifest import IntendedChange

EXAMPLES = 3
"""How many counter-examples a sentence shows; a finding's `items` are complete."""

_DEEDS = {
    ChangeKind.ADD_ITEMS: "added to {splits}",
    ChangeKind.REMOVE_ITEMS: "removed from {splits}",
    ChangeKind.REPLACE_ITEMS: "replaced under the same id or name in {splits}",
    ChangeKind.CHANGE_SPLIT: "moved between splits, {splits}",
    ChangeKind.ADD_ANNOTATIONS: "of {classes} added in {splits}",
    ChangeKind.REMOVE_ANNOTATIONS: "of {classes} removed from {splits}",
    ChangeKind.RELABEL: "relabelled in {splits}, {classes}",
    ChangeKind.MOVE: "of {classes} given another geometry in {splits}",
}


def undeclared(group: Group, file: str | None) -> Finding:
    """A change that no entry of the intent covers; `file` is the candidate's, where lines mean something."""
    return Finding(
        code=f"compare.undeclared-{group.kind}",
        text=f"{_deed(group)}, which the intent does not cover: {_examples(group)}.",
        fix=f"Undo it, or declare it under `intent` of the manifest: {_entry(group)}.",
        file=file,
        line=group.changes[0].line if file else None,
        **group.named,
    )


def locked(group: Group, file: str | None) -> Finding:
    """A change in a split that the policy locks."""
    return Finding(
        code="compare.locked-split",
        text=f"{_deed(group)}, although the policy locks it: {_examples(group)}.",
        fix="Restore the split as it is in the baseline.",
        file=file,
        line=group.changes[0].line if file else None,
        **group.named,
    )


def renamed(found: Sequence[tuple[str, str]]) -> Finding:
    """Items that kept their picture under another id: told, but nothing fails by it."""
    examples = ", ".join(f"{shown(now)} (was {shown(was)})" for was, now in found[:EXAMPLES])
    more = f" and {len(found) - EXAMPLES:,} more" if len(found) > EXAMPLES else ""
    return Finding(
        code="compare.renamed-items",
        text=f"{counted(len(found), 'item')} renamed, and compared under the new id: {examples}{more}.",
        fix="Check that assignments and reviews name these items as the snapshot does.",
        items=tuple(now for _, now in found),
    )


def unproven(group: Group) -> Finding:
    """Items that seem to have come or gone, where one snapshot cannot tell all it holds."""
    return Finding(
        code=f"compare.unproven-{group.kind}",
        text=f"{_deed(group)}, or so it seems, for not every item is known: {_examples(group)}.",
        fix="Export the snapshots with all their items.",
        **group.named,
    )


def unknown_lock(split: str) -> Finding:
    """A locked split that neither snapshot has: told, because a misspelt lock protects nothing."""
    return Finding(
        code="compare.locked-split-unknown",
        text=f"The policy locks {_split(split)}, which neither snapshot has.",
        fix="Correct the name under `locked_splits` of the policy.",
    )


def no_intent(groups: Sequence[Group], baseline: str) -> Finding:
    """Something changed and the manifest does not say what is supposed to."""
    what = "; ".join(f"{_deed(group)}" for group in groups[:EXAMPLES])
    more = f"; and {len(groups) - EXAMPLES} more kinds of change" if len(groups) > EXAMPLES else ""
    return Finding(
        code="compare.no-intent",
        text=f"The snapshot differs from {baseline} and the manifest declares no intent: {what}{more}.",
        fix="Declare under `intent` of the manifest what is supposed to change ([] for nothing).",
        **concerned(change for group in groups for change in group.changes),
    )


def unused(place: int, intended: IntendedChange) -> Finding:
    """An entry of the intent that no change fits: told, but nothing fails by it."""
    return Finding(
        code="compare.intent-unused",
        text=f"Entry {place + 1} of the intent ({', '.join(intended.kinds)}) did not happen.",
        fix="Check that the snapshot holds the intended work, or remove the entry.",
    )


def overrun(place: int, intended: IntendedChange, touched: Iterable[Change]) -> Finding:
    """An entry of the intent that covers nothing where more was touched than it says."""
    return Finding(
        code="compare.intent-exceeded",
        text=f"More of the baseline than entry {place + 1} of the intent ({', '.join(intended.kinds)}) "
        f"allows (`max_share: {intended.max_share}`) was changed in a split and class.",
        fix="Undo what was not intended, or raise the entry's `max_share`.",
        **concerned(touched),
    )


def drift(found: Drift, limit: float, what: Named) -> Finding:
    """A class that grew or shrank beyond the limit without being named or sized in the intent."""
    return Finding(
        code="compare.class-drift",
        text=f"Class {shown(found.label)} went from {found.before} to {found.after} annotations in "
        f"{_split(found.split)}{_percent(found)}; up to {percent(limit)} needs no declaration of its own.",
        fix="Name the class under `classes` of the intent, or state the size in `max_share`.",
        **what,
    )


def new_class(label: str, count: int, what: Named) -> Finding:
    """A class the baseline does not have."""
    return Finding(
        code="compare.new-class",
        text=f"Class {shown(label)} is new ({counted(count, 'annotation')}) and the intent does not name it.",
        fix="Name the class under `classes` of the intent, or correct its spelling in the snapshot.",
        **what,
    )


def vanished_class(label: str, count: int, what: Named) -> Finding:
    """A class that only the baseline has."""
    return Finding(
        code="compare.vanished-class",
        text=f"Class {shown(label)} has vanished (it had {counted(count, 'annotation')}), "
        "and the intent does not name it.",
        fix="Name the class under `classes` of the intent, or restore its annotations.",
        **what,
    )


def leakage(leak: Leak, baseline: str) -> Finding:
    """Items that are in several splits at once."""
    known = f"; {len(leak.known)} of them already in {baseline}" if leak.known else ""
    splits = " and ".join(_split(split) for split in leak.splits)
    return Finding(
        code="compare.leakage",
        text=f"{counted(len(leak.items), 'item')} of {splits} are {_alike(leak.shared)}: "
        f"{named(leak.items)}{known}.",
        fix="Keep each of them in one split only.",
        items=leak.items,
    )


def _alike(shared: Sequence[str]) -> str:
    same = [word for word in shared if word != "group"]
    said = [f"the same by {' and '.join(same)}"] if same else []
    return " and ".join([*said, *(["of one group"] if "group" in shared else [])])


def _deed(group: Group) -> str:
    noun = "annotation" if group.classes else "item"
    deed = _DEEDS[group.kind].format(
        splits=" → ".join(map(_split, group.splits)),
        classes="class " + " → ".join(map(shown, group.classes)),
    )
    return f"{counted(len(group.changes), noun)} {deed}"


def _entry(group: Group) -> str:
    parts = [f"kinds: [{group.kind}]"]
    parts += [f"classes: [{', '.join(map(shown, group.classes))}]"] if group.classes else []
    parts += [f"splits: [{', '.join(map(shown, group.splits))}]"] if any(group.splits) else []
    return f"{{{', '.join(parts)}}}"


def _examples(group: Group) -> str:
    if not group.classes:
        return named(group.named["items"])
    first = [f"{shown(change.record)} on {shown(change.item)}" for change in group.changes[:EXAMPLES]]
    more = len(group.changes) - len(first)
    return f"{', '.join(first)} and {more:,} more" if more else ", ".join(first)


def _split(split: str) -> str:
    return f"split {shown(split)}" if split else "no split"


def _percent(found: Drift) -> str:
    if not found.before:
        return ""
    return f" ({'+' if found.grew else '-'}{percent(abs(found.after - found.before) / found.before)})"
