"""The round trip by sevengates: the candidate converted, read back by its consumer's rules, compared."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from bot.answers import Finding, Table
from bot.evidence.exports.conversion import (
    ConversionError,
    Converter,
    Target,
    number_of,
    read_written,
)
from bot.evidence.exports.model import ExportConfig, ExportedFiles, RoundTrip
from bot.evidence.model import Snapshot
from bot.evidence.problems import shown
from bot.gates.export.carrying import Carried, carried
from bot.gates.export.readback import ReadBack, read_back
from bot.gates.wording import counted, named

_OURS = "Nothing is wrong with the release by this alone: try again, and tell the operator if it stays so."
_THEIRS = "Export in a format that can carry it, or correct the class map."


def round_trip(snapshot: Snapshot, config: ExportConfig, target: Target, convert: Converter) -> RoundTrip:
    """Convert `snapshot` as `config` says, read it back, and compare; a converter that fails is a doubt."""
    sent = carried(snapshot, config, target)
    facts = _cannot_carry(sent, config)
    try:
        files = convert(sent.conversion)
    except ConversionError as error:
        return _untold(f"export.round-trip-{error.code}", str(error), config, facts)
    read = read_written(target, files)
    if read.value is None:
        text = f"What the converter wrote as {target} cannot be read back: {read.problems[0].text}"
        return _untold("export.round-trip-unreadable", text, config, facts)
    back = _called_back(read.value, sent)
    result = read_back(sent.content, back, slack=0.0)
    failures = tuple(_failures(result, back, sent, config))
    unmapped = tuple(_unmapped(sent, config))
    return RoundTrip(
        failures=failures,
        unmapped=unmapped,
        doubts=tuple(_crowded(result, config)),
        facts=facts,
        row=_row(config, sent, "differs" if failures or unmapped else "none", target),
        complete=True,
    )


def _untold(code: str, text: str, config: ExportConfig, facts: tuple[Table, ...]) -> RoundTrip:
    doubt = Finding(code=code, text=f"The round trip shows nothing. {text}", fix=_OURS, file=config.file)
    return RoundTrip(doubts=(doubt,), facts=facts)


def _called_back(read: ExportedFiles, sent: Carried) -> ExportedFiles:
    """Items and classes by their own names again; what has none stays as it was read."""
    ids: dict[str, str] = {}
    items = []
    for item in read.content.items:
        number = number_of(item)
        ids[item.id] = sent.numbers.get(number, item.id) if number is not None else item.id
        items.append(replace(item, id=ids[item.id], file=ids[item.id], split=""))
    annotations = tuple(
        replace(one, item=ids[one.item], label=sent.names.get(one.label, one.label))
        for one in read.content.annotations
    )
    classes = {id_: sent.names.get(name, name) for id_, name in read.content.classes.items()}
    return replace(read, content=Snapshot(items=tuple(items), annotations=annotations, classes=classes))


def _failures(
    result: ReadBack, back: ExportedFiles, sent: Carried, config: ExportConfig
) -> Iterator[Finding]:
    """One finding for every kind of difference, with the items of the snapshot."""
    there = f"after the round trip through {config.format}"
    lost = [id_ for ids in result.lost.values() for id_ in ids]
    extra = [id_ for ids in result.extra.values() for id_ in ids]
    bare = [*result.emptied, *result.unlabelled]
    relabelled = {pair: ids for pair, ids in sorted(result.relabelled.items()) if ids}
    changed = [id_ for ids in relabelled.values() for id_ in ids]
    kinds: Sequence[tuple[str, str, Iterable[str]]] = (
        ("missing", f"{counted(len(result.missing_items), 'item')} missing", result.missing_items),
        ("missing", f"{counted(len(bare), 'item')} without the annotations they had", bare),
        ("missing", f"{counted(len(lost), 'annotation')} missing", lost),
        ("extra", f"{counted(len(result.extra_items), 'item')} extra", result.extra_items),
        ("extra", f"{counted(len(extra), 'annotation')} extra", extra),
        ("moved", f"{counted(len(result.displaced), 'annotation')} at other coordinates", result.displaced),
        ("moved", f"{counted(len(result.out_of_range), 'box', 'boxes')} out of range", result.out_of_range),
        (
            "relabelled",
            f"{counted(len(changed), 'annotation')} of another class ({_pairs(relabelled)})",
            changed,
        ),
    )
    for code, text, ids in kinds:
        if items := tuple(sorted(set(ids))):
            yield _finding(code, f"{text} {there}: {named(items)}.", config, items)
    for fault in back.faults:
        yield _finding("refused", f"The consumer trips over it {there}: {fault.text}", config, ())
    if sent.classes and dict(back.content.classes) != dict(sent.classes):
        other = sorted(set(sent.classes.items()) ^ set(back.content.classes.items()))
        ids = ", ".join(f"{id_} is {shown(name)}" for id_, name in other[:3])
        yield _finding("relabelled", f"The class map is another one {there}: {ids}.", config, ())


def _crowded(result: ReadBack, config: ExportConfig) -> Iterator[Finding]:
    if items := tuple(result.crowded):
        told = f"{counted(len(items), 'item')} not compared, because too many boxes lie in one place"
        text = f"{told}: {named(items)}."
        yield _finding("too-crowded", text, config, items)


def _pairs(relabelled: Mapping[tuple[str, str], Sequence[str]]) -> str:
    return ", ".join(f"{shown(one)} as {shown(other)}" for one, other in list(relabelled)[:3])


def _unmapped(sent: Carried, config: ExportConfig) -> Iterator[Finding]:
    for label, count in sorted(sent.unmapped.items()):
        text = (
            f"{counted(count, 'annotation')} of class {shown(label)} left out: the export has no such class."
        )
        yield _finding("unmapped", text, config, (label,))


def _finding(code: str, text: str, config: ExportConfig, items: tuple[str, ...]) -> Finding:
    return Finding(code=f"export.round-trip-{code}", text=text, fix=_THEIRS, file=config.file, items=items)


def _row(config: ExportConfig, sent: Carried, difference: str, target: Target) -> tuple[str, ...]:
    content = sent.content
    return (
        config.file,
        f"{target} by panlabel",
        target.parser,
        _of(len(content.items), sent.of_items),
        _of(len(content.annotations), sent.of_annotations),
        difference,
    )


def _of(part: int, whole: int) -> str:
    return f"{part:,}" if part == whole else f"{part:,} of {whole:,}"


def _cannot_carry(sent: Carried, config: ExportConfig) -> tuple[Table, ...]:
    rows = [(what, f"{count:,}", "left out") for what, count in sorted(sent.left_out.items()) if count]
    rows += [(what, f"{count:,}", "lost on the way") for what, count in sorted(sent.changed.items()) if count]
    title = f"What {config.format} cannot carry: {config.file}"
    return (Table(title=title, columns=("what", "annotations", "then"), rows=tuple(rows)),) if rows else ()
