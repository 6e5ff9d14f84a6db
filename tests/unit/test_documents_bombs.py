"""Files made to exhaust or kill a reader: each is refused by name, quickly, and the process lives."""

import tracemalloc

import pytest
import yaml

from bot.documents import read_manifest, read_policy, read_yaml

MIB = 1 << 20


def aliases(levels, width):
    lines = ["a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(lines).encode()


def merges(levels, width):
    lines = ["m0: &m0 {k: 1}"]
    lines += [f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * width)}]}}" for n in range(1, levels)]
    return "\n".join(lines).encode()


BOMBS = {
    "100,000 brackets": (b"[" * 100_000, "yaml.too-deep"),
    "100,000 closed brackets": (b"[" * 100_000 + b"]" * 100_000, "yaml.too-deep"),
    "100,000 dashes": (b"- " * 100_000, "yaml.too-deep"),
    "500,000 question marks": (b"? " * 500_000, "yaml.too-deep"),
    "100,000 braces": (b"{a: " * 100_000, "yaml.too-deep"),
    "braces as keys": (b"{" * 100_000, "yaml.too-deep"),
    "brackets as keys": (b"{[" * 50_000, "yaml.too-deep"),
    "an indented staircase": ("\n".join(" " * n + "a:" for n in range(1_000)).encode(), "yaml.too-deep"),
    "deep JSON": (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "yaml.too-deep"),
    "65 levels": (b"[" * 65 + b"]" * 65, "yaml.too-deep"),
    "an alias bomb": (aliases(9, 9), "yaml.alias"),
    "a merge bomb": (merges(8, 10), "yaml.alias"),
    "a merge without alias": (b"<<: [{a: 1}, {a: 2}]", "yaml.merge-key"),
    "a self-reference": (b"a: &a [*a]", "yaml.alias"),
    "an undefined alias": (b"a: *nobody", "yaml.alias"),
    "an anchored key": (b"&k a: 1", "yaml.alias"),
    "an anchored mapping": (b"a: &m {b: 1}", "yaml.alias"),
    "300,000 values": (b"[" + b"a," * 300_000 + b"]", "yaml.too-many-values"),
    "250,000 lines": (b"- a\n" * 250_000, "yaml.too-many-values"),
    "300,000 empty flow maps": (b"[" + b"{}," * 300_000 + b"]", "yaml.too-many-values"),
    "a megabyte too much": (b"#" * (MIB + 1), "yaml.too-large"),
    "a long plain scalar": (b"a: " + b"x" * 70_000, "yaml.too-long"),
    "a long quoted scalar": (b'a: "' + b"x" * 70_000 + b'"', "yaml.too-long"),
    "a long block scalar": (b"a: |\n" + b"  x\n" * 70_000, "yaml.too-long"),
    "a long key": (b"? " + b"x" * 70_000 + b"\n: 1", "yaml.too-long"),
    "a base 60 number": (b"n: 1" + b":1" * 30_000, "yaml.ambiguous-scalar"),
    "5,000 digits": (b"n: " + b"9" * 5_000, "yaml.ambiguous-scalar"),
    "5,000 digits of a float": (b"n: " + b"9" * 5_000 + b".0", "yaml.ambiguous-scalar"),
    "a float beyond all floats": (b"n: 1.5e+99999", "yaml.ambiguous-scalar"),
    "250,000 documents": (b"---\n" * 250_000, "yaml.multi-document"),
    "two documents": (b"a: 1\n---\nb: 1\n", "yaml.multi-document"),
    "a number tag on text": (b"a: !!int 'abc'", "yaml.tag"),
    "a number tag on nothing": (b"a: !!int ''", "yaml.tag"),
    "a truth tag": (b"a: !!bool x", "yaml.tag"),
    "a time tag": (b"a: !!timestamp x", "yaml.tag"),
    "a binary tag": (b"a: !!binary x", "yaml.tag"),
    "a Python tag": (b"a: !!python/object/apply:os.system [id]", "yaml.tag"),
    "a tag of a directive": (b"%TAG ! tag:example.com,2000:\n---\na: !x 1", "yaml.tag"),
    "a set": (b"a: !!set {b}", "yaml.tag"),
    "an ordered mapping": (b"a: !!omap [b: 1]", "yaml.tag"),
    "a key that is a list": (b"? [a, b]\n: 1", "yaml.key-not-text"),
    "a key that is a mapping": (b"{{a: 1}: 2}", "yaml.key-not-text"),
    "a key that is an alias": (b"*a : 1", "yaml.key-not-text"),
    "a key without text": (b"? \n: 1", "yaml.ambiguous-scalar"),
    "60,000 equal keys": (b"a: 1\n" * 60_000, "yaml.duplicate-key"),
    "NUL": (b"a: \0", "yaml.control-character"),
    "an escape sequence": (b"a: \x1b[2J", "yaml.control-character"),
    "a right-to-left override": ("a: x\u202ey".encode(), "yaml.control-character"),
    "a zero-width space": ("a: x\u200by".encode(), "yaml.control-character"),
    "a line separator": ("a: 1\u2028b: 2".encode(), "yaml.control-character"),
    "a next-line character": ("a: 1\u0085b: 2".encode(), "yaml.control-character"),
    "a lone carriage return": (b"a: 1\rb: 2", "yaml.control-character"),
    "a byte order mark inside": ("a: 1\n\ufeffb: 2".encode(), "yaml.control-character"),
    "a noncharacter": ("a: \ufffe".encode(), "yaml.control-character"),
    "an escaped NUL": (b'a: "\\0"', "yaml.control-character"),
    "an escaped override in JSON": (b'{"a": "\\u202e"}', "yaml.control-character"),
    "half a pair of surrogates": (b'a: "\\ud800"', "yaml.syntax"),
    "a character beyond Unicode": (b'a: "\\UFFFFFFFF"', "yaml.syntax"),
    "Latin-1": (b"a: caf\xe9", "yaml.not-utf8"),
    "an overlong encoding": (b"a: \xc0\xaf", "yaml.not-utf8"),
    "UTF-16": ("a: 1\n".encode("utf-16"), "yaml.not-utf8"),
    "UTF-32": ("a: 1\n".encode("utf-32"), "yaml.not-utf8"),
    "an unknown version of YAML": (b"%YAML 3.0\n---\na: 1", "yaml.syntax"),
    "tabs": (b"a:\n\t- b", "yaml.tab-indent"),
    "nothing": (b"", "yaml.empty"),
    "nothing but a marker": (b"---\n", "yaml.empty"),
}
SMALL = [name for name, (data, _) in BOMBS.items() if len(data) <= 100_000]


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_by_name(name):
    data, code = BOMBS[name]
    document = read_yaml(data, file="bomb.yaml")
    assert code in {problem.code for problem in document.problems}
    last_line = max(1, data.count(b"\n") + 1)
    assert all(1 <= problem.line <= last_line for problem in document.problems)


@pytest.mark.parametrize("name", SMALL)
def test_a_bomb_is_neither_policy_nor_manifest(name):
    data, _ = BOMBS[name]
    assert read_policy(data, file="p.yaml").value is None
    assert read_manifest(data, file="m.yaml").value is None


@pytest.mark.parametrize("name", SMALL)
def test_without_libyaml_a_bomb_is_refused_too(name):
    assert read_yaml(BOMBS[name][0], file="bomb.yaml", loader=yaml.SafeLoader).problems


@pytest.mark.parametrize(
    "name", ["100,000 brackets", "100,000 dashes", "500,000 question marks", "deep JSON"]
)
def test_nesting_is_refused_before_the_parser_follows_it(name):
    seen = []

    class Counting(yaml.CSafeLoader):
        def get_event(self):
            event = super().get_event()
            seen.append(event)
            return event

    read_yaml(BOMBS[name][0], file="bomb.yaml", loader=Counting)
    assert 64 < len(seen) < 200


@pytest.mark.parametrize("name", ["an alias bomb", "a merge bomb", "100,000 brackets", "250,000 documents"])
def test_a_bomb_takes_little_memory(name):
    tracemalloc.start()
    try:
        read_yaml(BOMBS[name][0], file="bomb.yaml")
        assert tracemalloc.get_traced_memory()[1] < 32 * MIB
    finally:
        tracemalloc.stop()


def test_the_largest_depth_is_read():
    document = read_yaml(b"[" * 64 + b"]" * 64, file="deep.yaml")
    assert document.problems == ()


def test_problems_beyond_the_fiftieth_are_counted():
    problems = read_yaml(b"- no\n" * 1_000, file="f").problems
    assert len(problems) == 51
    assert problems[-1].code == "yaml.more-problems"
    assert problems[-1].text == "The file has 950 more problems."
