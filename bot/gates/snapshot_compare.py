"""Gate 5: does the latest snapshot compare cleanly with its baseline?

**Asks** whether anything changed against the baseline that was not meant to. The baseline is *named*:
the snapshot of the release manifest on the base branch (``baseline: last-release``), or of another
manifest there that the policy names. What is meant to change is declared in the manifest:

    intent:
      - {kinds: [add-items], splits: [train], items: ["batch7/*"]}
      - {kinds: [move], classes: [car], splits: [train], max_share: 0.3}

Kinds: ``add-items``, ``remove-items``, ``replace-items`` (another file, size or digest under the same
id), ``change-split``, ``add-annotations``, ``remove-annotations``, ``relabel``, ``move`` (coordinates
differ by more than a millionth, relatively or in pixels). Annotations that come or go together with
their item belong to ``add-items`` or ``remove-items``. A change of split or class must have both ends
declared. An entry covers nothing in a split and class where more than ``max_share`` of the
baseline's annotations (for items: of its items in the split) were touched. ``intent: []`` says that
nothing is supposed to change.

**Passes** when everything that changed is declared. A declared change that did not happen is listed
(`compare.intent-unused`), and so is a locked split that nobody has (`compare.locked-split-unknown`);
neither fails.

**Fails** on each of these:

- a change outside the intent (`compare.undeclared-…`, per kind, split and class, with examples);
  `compare.intent-exceeded` tells which entry was too small for what happened;
- any change in one of the policy's ``locked_splits``, declared or not (`compare.locked-split`); a
  split is meant in whatever case it is written;
- a class whose count in a split changed by more than ``max_class_drift``, unless the intent names the
  class or states the size (`compare.class-drift`); a new or vanished class that the intent does not
  name (`compare.new-class`, `compare.vanished-class`);
- the same item in two splits, by id, file name or content digest (`compare.leakage`), whether or not
  the baseline had it already. Equal file names with different digests are different items.

**Vague**, when nothing of that is proven, without a baseline, without a readable snapshot, with doubts
about either, or when something differs and the manifest declares no intent (`compare.no-intent`). A
doubt hides no failure, and leakage needs no baseline. Where a snapshot cannot tell all its items,
those that seem to have come or gone are vague (`compare.unproven-…`); annotations prove themselves.

Exporters that renumber annotations are no difference: equal content cancels whatever its id. When
more than a fifth of the ids stand for something else, the rest is paired by content too, and the
answer says so. Items under another id are found again by digest, by file, or by the name without
Roboflow's hash (whose picture then counts as replaced), and listed (`compare.renamed-items`). Boxes
without area or beyond their picture, annotations that repeat another and two class ids of one name
are shown and decide nothing. Near duplicates are not looked at.

**Cure**: undo the change, or declare it in the manifest, where the release lead sees it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from bot.answers import Answer, Finding
from bot.evidence.model import Loaded, Snapshot
from bot.gates.compare import findings
from bot.gates.compare.changes import Change, ChangeKind
from bot.gates.compare.concerned import Concerned
from bot.gates.compare.counts import drifts
from bot.gates.compare.declared import coverage, declares_drift, names_class
from bot.gates.compare.difference import difference, narrow
from bot.gates.compare.facts import tables
from bot.gates.compare.groups import grouped, without_riders
from bot.gates.compare.leakage import Leak, leaks
from bot.gates.compare.narrowed import Narrowed
from bot.gates.compare.oddities import told
from bot.gates.compare.sides import single_file, unsure
from bot.gates.evidence_state import Weighed, conclude, not_judgeable, proven_only
from bot.gates.wording import counted
from bot.manifest import IntendedChange
from bot.policy import CompareRule

GATE = "snapshot_compare"


def check(
    *,
    snapshot: Loaded[Snapshot],
    baseline: Loaded[Snapshot],
    baseline_name: str,
    intent: tuple[IntendedChange, ...] | None,
    rule: CompareRule,
) -> Answer:
    """Compare `snapshot` with `baseline`, which calls itself `baseline_name`."""
    if snapshot.value is None:
        return not_judgeable(GATE, snapshot, baseline)
    if baseline.value is None:
        return proven_only(
            GATE,
            rests_on=(snapshot, baseline),
            failing=_leakage(leaks(snapshot.value.items, ()), _called(baseline_name)),
            headline="Splits share items, and there is no baseline to compare with.",
        )
    found = narrow(baseline.value, snapshot.value)
    return judge(
        found, snapshot=snapshot, baseline=baseline, baseline_name=baseline_name, intent=intent, rule=rule
    )


def judge(
    found: Narrowed,
    *,
    snapshot: Loaded[Snapshot],
    baseline: Loaded[Snapshot],
    baseline_name: str,
    intent: tuple[IntendedChange, ...] | None,
    rule: CompareRule,
) -> Answer:
    """The answer once what the two do not share is found; of themselves, only the candidate is looked at."""
    name = _called(baseline_name)
    leaked = _leakage(leaks(found.suspects_after, found.suspects_before), name)
    compared = _Comparison(found, intent, rule, snapshot, unsure(snapshot, baseline))
    weighed = compared.weighed(name, leaked)
    odd = told(found.odd, snapshot.value.classes if snapshot.value else {})
    weighed = replace(weighed, risks=(*weighed.risks, *odd))
    return conclude(
        GATE,
        rests_on=(snapshot, baseline),
        weighed=weighed,
        headline=compared.headline(weighed, name),
        facts=tables(compared.before, compared.after, compared.found),
    )


def _called(baseline_name: str) -> str:
    return baseline_name or "the baseline"


def _leakage(found: Iterable[Leak], name: str) -> tuple[Finding, ...]:
    return tuple(findings.leakage(leak, name) for leak in found)


class _Comparison:
    """Everything that is said about one baseline and one candidate."""

    def __init__(
        self,
        narrowed: Narrowed,
        intent: Sequence[IntendedChange] | None,
        rule: CompareRule,
        snapshot: Loaded[Snapshot],
        unsure: frozenset[ChangeKind],
    ) -> None:
        self.before, self.after = narrowed.before, narrowed.after
        self.found = difference(narrowed)
        self._intent: Sequence[IntendedChange] = intent or ()
        self._declared = intent is not None
        self._covered = coverage(self.found.changes, self._intent, self.before)
        self._unsure = unsure
        self._rule, self._file = rule, single_file(snapshot)
        self._concerned = Concerned(self.found.changes, snapshot.value.annotations if snapshot.value else ())
        self._locks = frozenset(map(str.casefold, rule.locked_splits))

    def weighed(self, name: str, leaked: Sequence[Finding]) -> Weighed:
        """All findings; `name` is the baseline's."""
        beyond = (*self._undeclared(), *self._drifts()) if self._declared else ()
        return Weighed(
            failing=(*self._locked(), *beyond, *leaked),
            vague=(*self._without_intent(name), *self._unproven()),
            risks=(*self._overrun(), *self._unused(), *self._unknown_locks(), *self._renamed()),
        )

    def headline(self, weighed: Weighed, name: str) -> str:
        """One sentence; it tells when ids were not to be trusted."""
        changes = self.found.changes
        said = f"{counted(len(changes), 'change') if changes else 'Nothing changed'} against {name}"
        if {finding.code for finding in weighed.failing} == {"compare.leakage"}:
            said += ", but splits share items"
        elif weighed.failing:
            said += ", not everything as intended"
        elif weighed.vague:
            said += ", and nothing says whether they are intended"
        elif changes:
            said += ", all declared"
        return (
            f"{said}."
            if self.found.ids_trusted
            else f"{said}; annotation ids did not match, so contents were compared."
        )

    def _locked(self) -> Iterator[Finding]:
        sure = self._sure(self.found.changes)
        changes = without_riders([change for change in sure if self._is_locked(change)])
        return (findings.locked(group, self._file) for group in grouped(changes))

    def _undeclared(self) -> Iterator[Finding]:
        changes = self._open(self._sure(self._covered.undeclared))
        return (findings.undeclared(group, self._file) for group in grouped(changes))

    def _without_intent(self, name: str) -> Iterator[Finding]:
        changes = self._open(self.found.changes)
        if changes and not self._declared:
            yield findings.no_intent(grouped(changes), name)

    def _unproven(self) -> Iterator[Finding]:
        """What comes under no other finding because it may only look so."""
        locked = {change for change in self.found.changes if self._is_locked(change)}
        doubtful = locked.union(self._covered.undeclared if self._declared else ())
        changes = [change for change in doubtful if change.kind in self._unsure]
        return (findings.unproven(group) for group in grouped(changes))

    def _overrun(self) -> Iterator[Finding]:
        overrun = self._covered.overrun.items()
        return (findings.overrun(place, self._intent[place], touched) for place, touched in overrun)

    def _unused(self) -> Iterator[Finding]:
        return (findings.unused(place, self._intent[place]) for place in self._covered.unused)

    def _unknown_locks(self) -> Iterator[Finding]:
        known = {split.casefold() for split in (*self.before.items, *self.after.items)}
        unknown = {split for split in self._rule.locked_splits if split.casefold() not in known}
        return (findings.unknown_lock(split) for split in sorted(unknown))

    def _sure(self, changes: Sequence[Change]) -> Sequence[Change]:
        return [change for change in changes if change.kind not in self._unsure] if self._unsure else changes

    def _renamed(self) -> Iterator[Finding]:
        if self.found.renamed:
            yield findings.renamed(self.found.renamed)

    def _is_locked(self, change: Change) -> bool:
        return bool(self._locks) and not self._locks.isdisjoint(map(str.casefold, change.splits))

    def _open(self, changes: Sequence[Change]) -> tuple[Change, ...]:
        return without_riders([change for change in changes if not self._is_locked(change)])

    def _drifts(self) -> Iterator[Finding]:
        was, now = self.before.classes, self.after.classes
        for label in sorted(was.keys() ^ now.keys()):
            if not any(names_class(label, intended, grew=label in now) for intended in self._intent):
                what = self._concerned.behind(label, None)
                yield (
                    findings.new_class(label, now[label], what)
                    if label in now
                    else findings.vanished_class(label, was[label], what)
                )
        for drift in drifts(self.before, self.after, limit=self._rule.max_class_drift):
            told_above = drift.split.casefold() in self._locks or (drift.label in was) != (drift.label in now)
            if not told_above and not any(declares_drift(drift, intended) for intended in self._intent):
                yield findings.drift(
                    drift, self._rule.max_class_drift, self._concerned.behind(drift.label, drift.split)
                )
