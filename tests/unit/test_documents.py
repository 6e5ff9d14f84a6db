"""Documents as values: lines, notes, resolved paths, digests of rules."""

import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel, ConfigDict

from bot.answers import Finding
from bot.documents import Document, Parsed, read_manifest, read_policy, read_yaml, resolve
from bot.documents.validate import validate
from bot.policy import DatasetPolicy, GateRules, ReviewRule, SchemaRule
from bot.policy_digest import policy_digest

POLICY = b"""\
version: 1
datasets:
  - name: street
    manifest: data/street/release.yaml
    watch:
      - data/**
    gates:
      review: {rule: full}
"""
MANIFEST = b"""\
dataset: street
version: "1.10"
schema: {path: labels.jsonl}
snapshot:
  path: /data/street/coco
  digest: gittree:0123456789012345678901234567890123456789
reviews: {url: "s3://bucket/reviews.jsonl", as_of: 2026-11-20 14:00:00+01:00}
intent: []
"""


def test_lines_are_found_by_path():
    document = read_yaml(POLICY, file="p")
    assert document.line(("version",)) == 1
    assert document.line(("datasets", 0, "watch", 0)) == 6
    assert document.line(("datasets", 0, "watch")) == 6
    assert document.line(("datasets", 0, "watch"), key=True) == 5
    assert document.line(()) == 1


def test_the_line_of_what_is_not_there_is_that_of_its_nearest_ancestor():
    document = read_yaml(POLICY, file="p")
    assert document.line(("datasets", 0, "gates", "schema", "freeze_days")) == 7
    assert document.line(("nowhere",)) == 1


def test_a_number_is_known_as_it_was_written():
    document = read_yaml(b"{a: 1.10, b: '1.10'}", file="p")
    assert document.data == {"a": 1.1, "b": "1.10"}
    assert document.written(("a",)) == "1.10"
    assert document.written(("b",)) is None
    assert document.written(("c",)) is None


@pytest.mark.parametrize("loader", [yaml.CSafeLoader, yaml.SafeLoader])
def test_class_ids_stay_text_and_times_do_too(loader):
    document = read_yaml(b"names:\n  0: car\n  10: bus\nwhen: 2026-11-20\n", file="data.yaml", loader=loader)
    assert document.problems == ()
    assert document.data == {"names": {"0": "car", "10": "bus"}, "when": "2026-11-20"}


def test_quoted_and_block_text_is_never_ambiguous():
    document = read_yaml(b"- 'no'\n- \"012\"\n- |-\n  on\n- >-\n  1:30\n", file="f")
    assert document.data == ["no", "012", "on", "1:30"]


def test_tabs_are_refused_only_where_they_indent():
    assert read_yaml(b"a:\t1\nb: {\n\tc: 2}\nd: 'x\ty'\n", file="f").problems == ()


def test_windows_line_ends_and_a_byte_order_mark_are_read():
    document = read_yaml(b"\xef\xbb\xbfa: 1\r\nb: no\r\n", file="f")
    assert document.data == {"a": 1, "b": "no"}
    assert [problem.line for problem in document.problems] == [2]


def test_the_caller_may_allow_more_bytes():
    data = b"a: 1 #" + b"x" * (1 << 20)
    assert read_yaml(data, file="f").problems[0].code == "yaml.too-large"
    assert read_yaml(data, file="f", max_bytes=1 << 21).data == {"a": 1}


def test_a_good_policy_is_a_value_with_lines():
    parsed = read_policy(POLICY, file="p")
    assert parsed.problems == parsed.notes == ()
    assert parsed.value.datasets[0].watch == ("data/**",)
    assert parsed.line(("datasets", 0, "name")) == 3


def test_an_undecided_review_rule_is_a_note_in_production_alone():
    text = POLICY.decode().replace("review: {rule: full}", "export: {}")
    parsed = read_policy(text.encode(), file="p")
    assert parsed.value is not None
    assert [(note.code, note.line) for note in parsed.notes] == [("policy.review-rule-undecided", 7)]
    assert (
        read_policy(text.replace("    watch:", "    stage: pilot\n    watch:").encode(), file="p").notes == ()
    )


def test_a_good_manifest_is_a_value():
    parsed = read_manifest(MANIFEST, file="data/street/release.yaml")
    assert parsed.problems == ()
    assert parsed.value.version == "1.10"
    assert parsed.value.intent == ()
    assert parsed.value.reviews.as_of.isoformat() == "2026-11-20T14:00:00+01:00"


def test_a_manifest_may_be_json():
    text = b'{"dataset": "a", "version": "1", "schema": {"path": "s"}, "snapshot": {"path": "c"}}'
    assert read_manifest(text, file="m.json").value.dataset == "a"


@pytest.mark.parametrize("data", [b"PK\x03\x04...", b"PAR1", b"\x89PNG\r\n", b"a: 1\0"])
def test_binary_files_are_called_so(data):
    assert [problem.code for problem in read_manifest(data, file="m").problems] == ["manifest.binary"]


def test_a_manifest_in_utf_16_is_not_called_binary():
    assert read_manifest("dataset: ä".encode("utf-16"), file="m").problems[0].code == "yaml.not-utf8"


def test_a_refused_document_has_its_reason_and_no_value():
    reason = Finding(code="manifest.missing", text="It is gone.", fix="Restore it.")
    parsed = Parsed.refused(reason)
    assert (parsed.value, parsed.problems, parsed.line(("version",))) == (None, (reason,), 1)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("coco.json", "data/street/coco.json"),
        ("./a//b/", "data/street/a/b"),
        ("../lanes/a", "data/lanes/a"),
        ("../../a", "a"),
        ("/a/../b", "b"),
        ("../..", ""),
        ("../../..", None),
        ("/..", None),
        ("a\\b", None),
        ("a\0b", None),
    ],
)
def test_paths_are_resolved_within_the_repository(written, meant):
    assert resolve("data/street/release.yaml", written) == meant


def test_equal_rules_have_one_digest_however_they_are_written():
    short = read_policy(POLICY, file="p").value.datasets[0]
    long = read_policy(
        POLICY.replace(b"    gates:", b"    max_vague: 1\n    gates:\n      schema: {}"), file="p"
    )
    assert policy_digest(short) == policy_digest(long.value.datasets[0])
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", policy_digest(short))


def test_other_rules_have_another_digest():
    rules = [
        DatasetPolicy(name="a", manifest="m"),
        DatasetPolicy(name="a", manifest="m", deputies=("@b",)),
        DatasetPolicy(name="a", manifest="m", gates=GateRules(schema=SchemaRule(freeze_days=8))),
        DatasetPolicy(name="a", manifest="m", gates=GateRules(review=ReviewRule(rule="full"))),
    ]
    assert len({policy_digest(rule) for rule in rules}) == len(rules)


def test_an_error_without_a_sentence_of_its_own_is_still_a_finding():
    class Odd(BaseModel):
        model_config = ConfigDict(strict=True)
        flag: bool

    value, problems = validate(Odd, Document(file="f", data={"flag": 1}), kind="odd")
    assert value is None
    assert [(p.code, p.text) for p in problems] == [
        ("odd.wrong-type", "`flag` must be something else, got the number 1.")
    ]


@pytest.mark.parametrize("length", [60, 61])
def test_long_text_is_shortened_in_a_message(length):
    name = "k" * length
    problems = read_policy(POLICY + f"{name}: 1\nstage: {name}\n".encode(), file="p").problems
    assert (name in problems[0].text) is (length == 60)


@pytest.mark.shared
def test_the_policy_of_the_design_is_read_without_a_problem(design_example):
    parsed = read_policy(design_example, file=".sevengates.yaml")
    assert (parsed.problems, parsed.notes) == ((), ())
    assert parsed.value.datasets[0].gates.review.confidence == 0.95


@pytest.fixture
def design_example():
    design = Path(__file__).parents[3] / "shared" / "DESIGN.md"
    if not design.is_file():
        pytest.skip("the design is with the maintainers")
    return re.search(r"```yaml\n(.*?)```", design.read_text(encoding="utf-8"), re.DOTALL)[1].encode()
