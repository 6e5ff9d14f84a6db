"""What keeps tables of a warehouse from being a snapshot: said as readers of files say it."""

from bot.answers import Finding
from bot.evidence.frame_rows import texts
from bot.evidence.problems import shown
from bot.gates.compare import statements
from bot.gates.compare.engine import Session
from bot.gates.wording import counted

_SAID = {
    "item-without-id": (
        "evidence.bad-record",
        "{n} of {tables} without an id",
        "item",
        "Give every record its id and name.",
    ),
    "annotation-without-name": (
        "evidence.bad-record",
        "{n} of {tables} without an id, item or label, {example} among them",
        "annotation",
        "Give every record its id and name.",
    ),
    "duplicate-item": (
        "snapshot.duplicate-item",
        "{n} of {tables} with more than one record, {example} among them",
        "item",
        "Keep one record per item.",
    ),
    "duplicate-annotation": (
        "snapshot.duplicate-annotation",
        "{n} of {tables} with more than one record, {example} among them",
        "annotation",
        "Give every annotation an id of its own.",
    ),
    "unknown-item": (
        "snapshot.unknown-item",
        "{n} of {tables} on items that are not among the items, {example} among them",
        "annotation",
        "Add the items or remove the annotations.",
    ),
    "bad-box": (
        "snapshot.bad-box",
        "{n} of {tables} whose box is not x, y, width and height, {example} among them",
        "annotation",
        "Write four finite numbers, width and height not negative, or none of them.",
    ),
}


def doubts(session: Session, side: str, tables: str) -> tuple[Finding, ...]:
    """Everything wrong with the tables of one side, which a sentence calls `tables`."""
    found = []
    for what, statement in statements.doubts(side).items():
        amount, example = session.rows(statement).columns
        number = int(amount[0].as_py())
        if number:
            code, text, noun, fix = _SAID[what]
            said = text.format(n=counted(number, noun), tables=tables, example=shown(texts(example)[0]))
            found.append(Finding(code=code, text=f"{said[:1].upper()}{said[1:]}.", fix=fix))
    return tuple(found)
