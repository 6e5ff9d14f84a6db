"""The elements of an XML file, read by expat with everything refused that makes XML dangerous.

Without a document type there are no entities but the five of XML itself, so neither expansion
("billion laughs", quadratic blow-up) nor external references exist: https://docs.python.org/3/library/xml.html
. A declaration of one is refused by name instead of being limited.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.parsers import expat  # the document type, and so every entity, is refused below

from bot.evidence.problems import Problems, shown

MAX_DEPTH = 32
"""Levels of elements; the exports that are read have 9."""
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Element:
    """An element when it ends: tags from the root down to its own, attributes, its own text, its line."""

    path: tuple[str, ...]
    attributes: Mapping[str, str]
    text: str
    line: int


class _RefusedError(Exception):
    """XML that is not read; the text says why."""


def xml_elements(data: bytes, problems: Problems) -> Iterator[Element]:
    """The elements of a file in the order they end; what makes it unreadable is noted."""
    try:
        yield from _walk(data)
    except expat.ExpatError as error:
        problems.add(
            "evidence.not-xml",
            f"the file is not XML: {expat.errors.messages[error.code]}",
            "Export it again; the file may be cut off.",
            line=error.lineno,
        )
    except _RefusedError as error:
        problems.add("evidence.unsafe-xml", str(error), "Export it from the tool again, unedited.")
    except (ValueError, LookupError) as error:
        problems.add("evidence.not-xml", f"the file is not XML: {shown(error)}", "Save the file as UTF-8.")


def _walk(data: bytes) -> Iterator[Element]:
    parser = expat.ParserCreate()
    ended: list[Element] = []
    path: tuple[str, ...] = ()
    open_: list[tuple[dict[str, str], list[str], int]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal path
        path = (*path, tag)
        if len(path) > MAX_DEPTH:
            raise _RefusedError(f"the file nests elements more than {MAX_DEPTH} deep")
        open_.append((attributes, [], parser.CurrentLineNumber))

    def end(_tag: str) -> None:
        nonlocal path
        attributes, texts, line = open_.pop()
        ended.append(Element(path, attributes, "".join(texts).strip(), line))
        path = path[:-1]

    def characters(text: str) -> None:
        open_[-1][1].append(text)

    def declared(name: str, *_: object) -> None:
        raise _RefusedError(f"the file declares the document type {shown(name)}, which can define entities")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = declared
    for begin in range(0, len(data), _CHUNK):
        parser.Parse(data[begin : begin + _CHUNK], False)
        yield from ended
        ended.clear()
    parser.Parse(b"", True)
