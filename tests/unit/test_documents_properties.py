"""Properties of reading any document: it never raises, and what it accepts means one thing."""

import json
import math
import re

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.documents import read_manifest, read_policy, read_yaml
from bot.documents.scalars import AmbiguousError, meaning

BOUNDED = settings(deadline=None, max_examples=150)

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
TOKENS = st.sampled_from(
    [
        *(
            "a: ",
            "b:",
            "- ",
            "? ",
            ": ",
            "{",
            "}",
            "[",
            "]",
            ", ",
            "\n",
            "\n  ",
            "\n    ",
            "\t",
            " ",
            "#",
            "---\n",
        ),
        *(
            "...\n",
            "&x ",
            "*x",
            "!!int ",
            "!t ",
            "<<: ",
            "'",
            '"',
            "|\n",
            ">\n",
            "%YAML 1.1\n",
            "\\u0000",
            "@",
            "`",
        ),
        *(
            "no",
            "012",
            "1:30",
            "1e3",
            "~",
            "null",
            "true",
            "2026-11-20",
            "\r\n",
            "\u2028",
            "\ufeff",
            "é",
            "😀",
        ),
        *(
            "version: 1\n",
            "datasets:\n",
            "  - name: x\n",
            "    manifest: '**'\n",
            "snapshot: ",
            "path: ../x\n",
        ),
    ]
)
YAMLISH = st.lists(TOKENS, max_size=30).map("".join).map(str.encode)
BYTES = st.binary(max_size=200) | YAMLISH


def check_lines(data, problems):
    last = max(1, data.replace(b"\r\n", b"\n").removesuffix(b"\n").count(b"\n") + 1)
    for problem in problems:
        assert problem.line is not None
        assert 1 <= problem.line <= last, problem
        assert "" not in {problem.code, problem.text, problem.fix}


@BOUNDED
@given(BYTES)
def test_no_bytes_make_reading_raise_and_every_problem_has_a_line(data):
    for loader in (yaml.CSafeLoader, yaml.SafeLoader):
        document = read_yaml(data, file="f", loader=loader)
        check_lines(data, document.problems)
        assert document.problems or document.data is not None


@BOUNDED
@given(BYTES)
def test_no_bytes_make_reading_a_policy_or_manifest_raise(data):
    for parsed in (read_policy(data, file="p.yaml"), read_manifest(data, file="a/m.yaml")):
        check_lines(data, parsed.problems)
        assert (parsed.value is None) == bool(parsed.problems)


@BOUNDED
@given(BYTES)
def test_reading_is_deterministic(data):
    assert read_yaml(data, file="f") == read_yaml(data, file="f")


@BOUNDED
@given(JSON, st.sampled_from([None, 2]))
def test_an_accepted_json_document_means_what_json_says(value, indent):
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    document = read_yaml(text.encode(), file="f")
    if not document.problems:
        assert document.data == json.loads(text)


@BOUNDED
@given(st.dictionaries(st.from_regex(r"[a-z]{2,8}", fullmatch=True), JSON, min_size=1, max_size=4))
def test_a_document_of_plain_json_is_accepted(value):
    def plain(part):
        if isinstance(part, dict):
            return {f"k{n}": plain(inner) for n, inner in enumerate(part.values())}
        if isinstance(part, list):
            return [plain(inner) for inner in part]
        return part if isinstance(part, bool) else str(type(part))

    tidy = plain(value)
    document = read_yaml(json.dumps(tidy).encode(), file="f")
    assert document.problems == ()
    assert document.data == tidy


@BOUNDED
@given(BYTES)
def test_policy_shaped_noise_never_escapes_the_models(data):
    policy = b"version: 1\ndatasets:\n  - name: a\n    manifest: a.yaml\n    watch: [" + data + b"]\n"
    parsed = read_policy(policy, file="p")
    check_lines(policy, parsed.problems)


def yaml_1_1(plain):
    """What PyYAML makes of the plain scalar."""
    return yaml.safe_load(f"- {plain}")[0]


def yaml_1_2(plain):
    """The core schema (https://yaml.org/spec/1.2.2/#103-core-schema)."""
    if re.fullmatch(r"null|Null|NULL|~|", plain):
        return None
    if re.fullmatch(r"true|True|TRUE|false|False|FALSE", plain):
        return plain.lower() == "true"
    if re.fullmatch(r"[-+]?[0-9]+", plain):
        return int(plain)
    if re.fullmatch(r"0o[0-7]+", plain):
        return int(plain, 0)
    if re.fullmatch(r"0x[0-9a-fA-F]+", plain):
        return int(plain, 0)
    if re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", plain):
        return float(plain)
    if re.fullmatch(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", plain):
        return math.nan
    return plain


WORDS = (
    "yes",
    "Yes",
    "YES",
    "yEs",
    "no",
    "on",
    "oN",
    "off",
    "y",
    "Y",
    "n",
    "true",
    "True",
    "null",
    "Null",
    "NULL",
)
NUMBERISH = st.text("0123456789+-._:eExobaf", min_size=1, max_size=8).filter(
    lambda text: not re.search(r"^[-:]|:$|^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}", text) and "..." not in text
)


@settings(deadline=None, max_examples=400)
@given(NUMBERISH | st.sampled_from(WORDS))
def test_an_accepted_plain_scalar_means_the_same_in_yaml_1_1_and_1_2(plain):
    try:
        value = meaning(plain)
    except AmbiguousError:
        return
    one, two = yaml_1_1(plain), yaml_1_2(plain)
    assert (value, type(value)) == (one, type(one)) == (two, type(two))


@BOUNDED
@given(st.integers(-(2**53), 2**53))
def test_whole_numbers_a_double_holds_are_accepted(number):
    assert meaning(str(number)) == number


@BOUNDED
@given(st.integers(min_value=2**53 + 1))
def test_larger_whole_numbers_are_refused(number):
    assert read_yaml(f"- {number}".encode(), file="f").problems
