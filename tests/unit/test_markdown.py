"""The Markdown escape against GitHub's own parser (cmark-gfm), in every context the report uses."""

import re
from html.parser import HTMLParser

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.report.markdown import JOINER, Markdown, clean, clip, code, plain, prose

CONTEXTS = {
    "paragraph": ("{}", {"p"}),
    "table cell": ("| a | b |\n|---|---|\n| {} | x |", {"table", "thead", "tbody", "tr", "th", "td"}),
    "list item": ("- {}", {"ul", "li"}),
    "heading": ("### {}", {"h3"}),
    "quote": ("> {}", {"blockquote", "p"}),
    "after a break": ("- x<br>{}", {"ul", "li", "br"}),
}
SUMMARY = "<details><summary>{}</summary>\n\nx\n\n</details>"
NASTY = [
    *"`|<>&@#*_~[]()!\\/:$^%+-=.{}\"' \t\r\n\0\v",
    "``", "```", "\r\n", "\u2028", "\u202e", "\u200b", "\ufeff", "\ud800", "\U0001f9ea", "\u200d", "é",
    "@ana", "@acme/leads", "#12", "GH-12", "acme/data#12", "!12", "~bug", "%1", "&1", "^alert#1",
    "www.evil.example", "http://evil.example", "HTTPS://evil.example", "ftp://evil", "mailto:a@b.co",
    "a@b.co", "xmpp:a@b.co/x", "[x](javascript:alert(1))", "![x](http://e/x.png)", "[x]: http://e", "[^1]",
    "<img src=x onerror=alert(1)>", "<!-- sevengates v1 -->", "-->", "</summary>", "</details>", "<br>",
    "/merge", "\n/close", "- ", "1. ", "1) ", "# ", "> ", "[!NOTE]", "- [ ] x", "---", "===", "    x",
    "|---|---|", "\\|", "\\`", ":tada:", ":+1:", "$x$", "$`x`$", "&amp;", "&#64;", "&lt;b&gt;",
    "deadbeef", "0123456789abcdef0123456789abcdef01234567",
]  # fmt: skip
texts = st.lists(st.sampled_from(NASTY) | st.text(max_size=6), max_size=12).map("".join)


class Rendered(HTMLParser):
    """The elements of a piece of HTML, its text between the sentinels, and the text outside of code."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: list[object] = []
        self.text = ""
        self.running_text: list[str] = []
        self.code_depth = 0
        self.comments: list[str] = []
        self.html = cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE)
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.attributes += attrs
        self.code_depth += tag == "code"

    def handle_endtag(self, tag):
        self.code_depth -= tag == "code"

    def handle_data(self, data):
        self.text += data
        if not self.code_depth:
            self.running_text.append(data)

    def handle_comment(self, data):
        self.comments.append(data)

    @property
    def between(self) -> str:
        return self.text.split("BEGIN ", 1)[1].rsplit(" END", 1)[0].replace(JOINER, "")


REFERENCES = re.compile(
    r"@[a-z0-9]|#\d|GH-\d|[!%&~$^]\d|~[a-z]|:[\w+-]+:|https?:/|www\.|\b[0-9a-f]{7,40}\b|\[ |\[!",
    re.IGNORECASE,
)


def assert_inert(markdown: str, shell: str, allowed: set[str]) -> Rendered:
    page = Rendered(shell.format(f"BEGIN {markdown} END"))
    assert page.elements <= allowed, page.html
    assert not page.attributes
    assert not page.comments
    assert not any(REFERENCES.search(part) for part in page.running_text), page.html
    assert "\n" not in markdown
    assert "<!--" not in re.sub(r"(`+).*?\1", "", markdown)
    return page


@pytest.mark.parametrize("context", CONTEXTS)
@settings(deadline=None, max_examples=200)
@given(text=texts)
def test_running_text_is_read_exactly_and_does_nothing(context, text):
    shell, elements = CONTEXTS[context]
    page = assert_inert(plain(text), shell, elements | {"p", "span"})
    assert page.between.strip() == clean(text)


@settings(deadline=None, max_examples=500)
@given(text=texts)
def test_running_text_is_inert_inside_a_raw_html_summary(text):
    page = assert_inert(plain(text), SUMMARY, {"details", "summary", "p", "span"})
    assert page.between.strip() == clean(text)


@pytest.mark.parametrize("context", CONTEXTS)
@settings(deadline=None, max_examples=200)
@given(text=texts)
def test_a_code_span_is_read_exactly_and_does_nothing(context, text):
    shell, elements = CONTEXTS[context]
    page = assert_inert(code(text), shell, elements | {"p", "span", "code"})
    assert page.between.strip() == (clean(text) or "(empty)")
    assert "code" in page.elements


@pytest.mark.parametrize("context", CONTEXTS)
@settings(deadline=None, max_examples=200)
@given(text=texts)
def test_a_sentence_with_quoted_parts_loses_at_most_its_backticks(context, text):
    shell, elements = CONTEXTS[context]
    page = assert_inert(prose(text), shell, elements | {"p", "span", "code"})

    def letters(value: str) -> str:
        return re.sub(r"[`\s]|\(empty\)", "", value)

    assert letters(page.between) == letters(clean(text))


@settings(deadline=None, max_examples=500)
@given(text=texts)
def test_no_line_can_be_taken_for_a_quick_action(text):
    for markdown in (plain(text), prose(text), code(text)):
        assert not markdown.startswith("/")
        assert len(markdown.splitlines()) <= 1


@settings(deadline=None, max_examples=500)
@given(text=st.text(max_size=40) | texts)
def test_cleaning_twice_is_cleaning_once_and_leaves_encodable_text(text):
    once = clean(text)
    assert clean(once) == once
    once.encode("utf-8")
    assert once.isprintable() or any(c in once for c in "\u200c\u200d") or not once.isascii()


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("class `bus` moved", "class `bus` moved"),
        ("`bus`", "`bus`"),
        ("class ` ` moved", "class `(empty)` moved"),
        ("`bus``tram`", "```bus``tram```"),
        ("`bus` `tram`", "`bus` `tram`"),
        ("it's 3 of 4 (75 %)", "it's 3 of 4 (75 %)"),
        ("ask @ana", "ask &#64;\N{WORD JOINER}ana"),
        ("", ""),
        ("`a` and ``b`c``", "`a` and ``b`c``"),
        ("`a`.", "`a`."),
        ("1. first", "1&#46; first"),
        ("/close", "&#47;close"),
        ("lonely ` backtick", "lonely &#96; backtick"),
    ],
)
def test_sentences_stay_readable_in_their_source(text, markdown):
    assert prose(text) == markdown


def test_what_was_made_inert_is_marked_as_markdown():
    assert all(isinstance(f("x"), Markdown) for f in (plain, code, prose))


def test_hidden_and_reordering_characters_become_visible():
    assert clean("a\u202eb\u200bc\x1b[31m\ud800") == "a\ufffdb\ufffdc\ufffd[31m\ufffd"


def test_clipping_shows_that_something_is_missing():
    assert clip("abcdef", 4) == "abc…"
    assert clip("abcd", 4) == "abcd"
