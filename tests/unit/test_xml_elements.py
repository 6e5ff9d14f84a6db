"""XML that is read, and XML that is refused because of what it could do."""

import pytest

from bot.evidence.problems import Problems
from bot.evidence.xml_elements import MAX_DEPTH, xml_elements

LAUGHS = b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10))


def read(data: bytes) -> tuple[list[tuple[str, str, int]], list[tuple[str, int | None, str]]]:
    problems = Problems("x.xml")
    found = [("/".join(one.path), one.text, one.line) for one in xml_elements(data, problems)]
    return found, [(finding.code, finding.line, finding.text) for finding in problems.all()]


def test_elements_come_as_they_end_with_path_text_and_line() -> None:
    data = b'<?xml version="1.0"?>\n<a>\n <b x="1"> t&amp;u </b>\n <c/>\n</a>'
    assert read(data) == ([("a/b", "t&u", 3), ("a/c", "", 4), ("a", "", 2)], [])


def test_a_file_larger_than_one_piece_is_read_to_its_end() -> None:
    found, problems = read(b"<a>" + b"<b>text</b>" * 20_000 + b"</a>")
    assert (len(found), problems) == (20_001, [])


@pytest.mark.parametrize("text", ["é".encode("latin-1"), "é".encode()])
def test_the_encoding_is_the_one_the_file_declares(text: bytes) -> None:
    name = b"iso-8859-1" if len(text) == 1 else b"utf-8"
    found, _ = read(b'<?xml version="1.0" encoding="' + name + b'"?><a>' + text + b"</a>")
    assert found == [("a", "é", 1)]


@pytest.mark.parametrize(
    "data",
    [
        b'<!DOCTYPE a [<!ENTITY a0 "ha">' + LAUGHS + b"]><a>&a9;</a>",
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>',
        b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1/p"> %p;]><a/>',
        b"<!DOCTYPE a><a/>",
    ],
    ids=["billion-laughs", "external-entity", "external-subset", "parameter-entity", "plain"],
)
def test_a_document_type_is_refused_by_name(data: bytes) -> None:
    text = 'The file declares the document type "a", which can define entities.'
    assert read(data) == ([], [("evidence.unsafe-xml", None, text)])


def test_nesting_without_end_is_refused() -> None:
    _, problems = read(b"<a>" * 100_000)
    assert problems == [("evidence.unsafe-xml", None, f"The file nests elements more than {MAX_DEPTH} deep.")]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"", 1),
        (b"<a>\n<b></a>", 2),
        (b"<a>\n&nope;</a>", 2),
        (b"<a>\xff</a>", 1),
        (b"\0", 1),
        (b"<a/><b/>", 1),
    ],
)
def test_what_is_not_xml_is_refused_at_its_line(data: bytes, line: int) -> None:
    _, problems = read(data)
    assert [(code, at) for code, at, _ in problems] == [("evidence.not-xml", line)]


@pytest.mark.parametrize("name", [b"utf-7", b"gb18030", b"no-such", b"utf-32"])
def test_an_encoding_that_cannot_be_read_is_refused(name: bytes) -> None:
    _, problems = read(b'<?xml version="1.0" encoding="' + name + b'"?><a/>')
    assert [code for code, _, _ in problems] == ["evidence.not-xml"]
