"""Encord's ontology (JSON): the label classes, objects and classifications alike.

https://github.com/encord-team/encord-client-python/blob/master/encord/objects/ontology_structure.py
"""

from collections.abc import Iterator

import msgspec

from bot.evidence.model import Label
from bot.evidence.problems import Problems
from bot.evidence.tools.export import Absent, ToolEvidence, ToolExport, concluded
from bot.evidence.tools.records import Record, json_records, note_bad_value, note_repeated, typed
from bot.evidence.values import BadValueError, plain_text, text_id

_ONLY_CLASSES = Absent(
    text="An ontology says nothing of work and reviews.", fix="Export the label rows of the project."
)


class _Attribute(msgspec.Struct, rename="camel"):
    name: str
    feature_node_hash: str
    type: str = ""
    required: bool = False


class _Object(msgspec.Struct, rename="camel"):
    feature_node_hash: str
    name: str
    shape: str = ""
    attributes: list[_Attribute] = []


class _Classification(msgspec.Struct, rename="camel"):
    feature_node_hash: str
    attributes: list[_Attribute]


class _Editor(msgspec.Struct):
    objects: list[_Object] = []
    classifications: list[_Classification] = []


class _Ontology(msgspec.Struct):
    editor: _Editor


def read_encord_ontology(data: bytes, *, file: str) -> ToolEvidence:
    """The classes of an ontology; what is asked about an object is part of its rule."""
    problems = Problems(file)
    labels: list[Record[Label]] = []
    for record in typed(json_records(data, problems), _Ontology, problems):
        try:
            labels += (
                Record(line=record.line, place=f"class {number}", value=label)
                for number, label in enumerate(_labels(record.value.editor, record.line), 1)
            )
        except BadValueError as error:
            note_bad_value(error, record, problems)
    note_repeated((Record(line=r.line, place=r.place, value=r.value.id) for r in labels), "class", problems)
    if not labels and not problems:
        problems.add("encord.no-classes", "the ontology has no class", "Export the project's ontology.")
    export = ToolExport(
        assignments=_ONLY_CLASSES, reviews=_ONLY_CLASSES, labels=tuple(label.value for label in labels)
    )
    return concluded(export, problems, file)


def _labels(editor: _Editor, line: int) -> Iterator[Label]:
    for one in editor.objects:
        yield _label(one.feature_node_hash, one.name, one.attributes, one.shape, line)
    for group in editor.classifications:
        name = group.attributes[0].name if group.attributes else ""
        yield _label(group.feature_node_hash, name, group.attributes, "", line)


def _label(id_: str, name: str, attributes: list[_Attribute], shape: str, line: int) -> Label:
    asked = [f"{one.name} ({one.type}{', required' if one.required else ''})" for one in attributes]
    return Label(
        id=text_id(id_),
        name=text_id(name),
        rule=plain_text("; ".join(filter(None, (shape, *asked)))),
        line=line,
    )
