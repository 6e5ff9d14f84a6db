"""How a label schema differs from the one before it, told apart as far as the two show it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.evidence.contents import plain
from bot.evidence.model import Label

_WORD = re.compile(r"[^\W_]+")


class ChangeKind(StrEnum):
    """What happened to a class. TOUCHED: its time of change moved, the schema before is not older."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    MERGED = "merged"
    RULE = "rule edited"
    TOUCHED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One changed class. `name` is its present name, or its last one when it was removed.

    `at` is when it changed, None: unknown. `contradicted`: text changed while `changed_at` did not
    move on, so the time is worth nothing and `at` is None. `absorbed` are removed classes that the
    changed text newly names; `into` is the class a removed one was merged into.
    """

    kinds: tuple[ChangeKind, ...]
    name: str
    was: str = ""
    at: datetime | None = None
    line: int | None = None
    contradicted: bool = False
    absorbed: tuple[str, ...] = ()
    into: str = ""
    text: str = ""
    """The words of name and rule as they are now; empty when the class was removed."""
    text_before: str = ""

    @property
    def description(self) -> str:
        """The change in words: ``renamed from "car" and given another rule``."""
        return " and ".join(self._phrase(kind) for kind in self.kinds)

    def _phrase(self, kind: ChangeKind) -> str:
        match kind:
            case ChangeKind.RENAMED:
                return f'renamed from "{self.was}"'
            case ChangeKind.RULE:
                return "given another rule"
            case ChangeKind.MERGED if self.into:
                return f'merged into "{self.into}"'
            case ChangeKind.MERGED:
                return "merged with " + ", ".join(f'"{name}"' for name in self.absorbed)
            case _:
                return kind.value


def schema_changes(
    before: Sequence[Label], after: Sequence[Label], in_force: datetime | None = None
) -> tuple[Change, ...]:
    """The changed classes in order of their names; the schema before was still `in_force` at that time.

    Labels belong together by id; what is left over, by name (a tool that issued new ids changed no
    class). Without a schema before (first release) nothing is added: only `changed_at` can tell.
    """
    changes = []
    for old, new in _paired(before, after):
        kinds = () if old is None and not before else _kinds(old, new)
        if not kinds and new.active and _touched(old, new):
            kinds = (ChangeKind.TOUCHED,)
        if kinds:
            changes.append(_change(old, new, kinds, in_force))
    return tuple(sorted(_with_merges(changes), key=lambda change: (change.name, change.was, change.text)))


def _paired(before: Sequence[Label], after: Sequence[Label]) -> Iterable[tuple[Label | None, Label]]:
    """Every label with the one it was; one that is gone is inactive now, since nobody knows when."""
    old, new = {label.id: label for label in before}, {label.id: label for label in after}
    gone = {plain(label.name): label for label in old.values() if label.id not in new}
    for label in new.values():
        yield old.get(label.id) or gone.pop(plain(label.name), None), label
    yield from ((label, replace(label, active=False, changed_at=None, line=None)) for label in gone.values())


def _kinds(old: Label | None, new: Label) -> tuple[ChangeKind, ...]:
    if old is None or not old.active:
        return (ChangeKind.ADDED,) if new.active else ()
    if not new.active:
        return (ChangeKind.REMOVED,)
    renamed = (ChangeKind.RENAMED,) if plain(old.name) != plain(new.name) else ()
    edited = (ChangeKind.RULE,) if plain(old.rule) != plain(new.rule) else ()
    return renamed + edited


def _touched(old: Label | None, new: Label) -> bool:
    """Whether `changed_at` may speak of a change that both texts already show.

    Where the time moved and the text is the same, only white space can have changed.
    """
    known_before = old.changed_at if old else None
    return new.changed_at is not None and known_before in {None, new.changed_at}


def _change(
    old: Label | None, new: Label, kinds: tuple[ChangeKind, ...], in_force: datetime | None
) -> Change:
    was = plain(old.name) if old else ""
    contradicted = ChangeKind.TOUCHED not in kinds and _too_early(old, new, in_force)
    return Change(
        kinds=kinds,
        name=plain(new.name) if new.active else was,
        was=was,
        at=None if contradicted else new.changed_at,
        line=new.line,
        contradicted=contradicted,
        text=_words(f"{new.name} {new.rule}") if new.active else "",
        text_before=_words(f"{old.name} {old.rule}") if old else "",
    )


def _too_early(old: Label | None, new: Label, in_force: datetime | None) -> bool:
    """Whether the text says that it changed at a time when it still was another."""
    known = [at for at in (old.changed_at if old else None, in_force) if at is not None]
    return new.changed_at is not None and any(new.changed_at <= at for at in known)


def _with_merges(changes: Iterable[Change]) -> list[Change]:
    """Tell merges from removals: a merge is claimed only where a changed text newly names the class."""
    known = list(changes)
    removed = sorted(change.name for change in known if ChangeKind.REMOVED in change.kinds)
    into: dict[str, str] = {}
    merged = []
    for change in known:
        absorbed = tuple(name for name in removed if _newly_named(name, change))
        into.update(dict.fromkeys(absorbed, change.name))
        kinds = (*change.kinds, ChangeKind.MERGED) if absorbed else change.kinds
        merged.append(replace(change, kinds=kinds, absorbed=absorbed))
    return [
        replace(change, kinds=(ChangeKind.MERGED,), into=into[change.name])
        if ChangeKind.REMOVED in change.kinds and change.name in into
        else change
        for change in merged
    ]


def _newly_named(name: str, change: Change) -> bool:
    """Whether the text names a class (or its plural in -s or -es) that it did not name before."""
    word = _words(name)
    forms = (word, f"{word.rstrip()}s ", f"{word.rstrip()}es ") if word.strip() else ()
    return any(form in change.text for form in forms) and not any(
        form in change.text_before for form in forms
    )


def _words(text: str) -> str:
    """The words alone, in lower case, with a space on both sides of each."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "
