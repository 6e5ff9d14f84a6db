"""Label Studio's labelling configuration (XML): the label classes.

https://labelstud.io/tags/label.html: `value` is the class, `alias` what exports call it, `hint`
what annotators are shown of its rule.
"""

from bot.evidence.model import Label
from bot.evidence.problems import Problems
from bot.evidence.tools.export import Absent, ToolEvidence, ToolExport, concluded
from bot.evidence.tools.records import Record, note_bad_value
from bot.evidence.values import BadValueError, plain_text, text_id
from bot.evidence.xml_elements import Element, xml_elements

_ONLY_CLASSES = Absent(
    text="A labelling configuration says nothing of work and reviews.",
    fix="Name the JSON export of the project.",
)


def read_label_studio_config(data: bytes, *, file: str) -> ToolEvidence:
    """The classes of every `<Label>`; one used by several tools (box, polygon) is one class."""
    problems = Problems(file)
    labels: dict[str, Label] = {}
    for element in xml_elements(data, problems):
        if element.path[-1] != "Label":
            continue
        try:
            label = _label(element)
            labels.setdefault(label.id, label)
        except BadValueError as error:
            place = Record(line=element.line, place=f"line {element.line}", value=element)
            note_bad_value(error, place, problems)
    if not labels and not problems:
        problems.add("label-studio.no-labels", "the configuration has no `<Label>`", "Add the label classes.")
    export = ToolExport(assignments=_ONLY_CLASSES, reviews=_ONLY_CLASSES, labels=tuple(labels.values()))
    return concluded(export, problems, file)


def _label(element: Element) -> Label:
    value = element.attributes.get("value", "")
    name = text_id(element.attributes.get("alias") or value)
    return Label(id=name, name=name, rule=plain_text(element.attributes.get("hint", "")), line=element.line)
