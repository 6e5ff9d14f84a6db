"""The committed JSON Schemas: generated, valid, and of one mind with the models."""

import json
from argparse import ArgumentParser
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from bot.cli import schema
from bot.documents import read_manifest, read_policy, read_yaml
from bot.documents.schema import Kind, schema_text

ROOT = Path(__file__).parents[2]

EXAMPLE_POLICY = b"""\
version: 1
datasets:
  - name: street-scenes
    manifest: datasets/street/release.yaml
    watch: ["datasets/street/**", "exports/street*.yaml"]
    stage: production
    release_lead: "@ana"
    deputies: ["@acme/release-leads"]
    max_vague: 1
    gates:
      schema:      {freeze_days: 7, review_slice: {min_items_per_class: 50}}
      assignments: {max_age_hours: 24}
      review:      {rule: sample, by: annotator, min_items: 50, min_share: 0.10, max_error_rate: 0.05, confidence: 0.95}
      rejections:  {window_days: 28, repeated: 3}
      compare:     {baseline: last-release, locked_splits: [test], max_class_drift: 0.1}
      export:      {downstream_checks: ["export-smoke"]}
"""
EXAMPLE_MANIFEST = b"""\
dataset: street-scenes
version: v2
schema: {path: labels.jsonl}
snapshot: {path: coco.json, format: coco}
intent: [{kinds: [add-items], splits: [train], why: winter}]
reviews: {path: reviews.jsonl, as_of: 2026-11-20T14:00:00Z}
exports: [{config: /exports/street.yaml, artefact: {path: /exports/street}}]
"""
READERS = {Kind.POLICY: (read_policy, EXAMPLE_POLICY), Kind.MANIFEST: (read_manifest, EXAMPLE_MANIFEST)}


def validator(kind):
    return Draft202012Validator(json.loads(schema_text(kind)))


@pytest.mark.parametrize("kind", Kind)
def test_the_committed_schema_is_the_generated_one(kind):
    assert (ROOT / kind.file).read_text(encoding="utf-8") == schema_text(kind)


@pytest.mark.parametrize("kind", Kind)
def test_a_schema_is_a_schema_without_a_host_of_ours(kind):
    content = json.loads(schema_text(kind))
    Draft202012Validator.check_schema(content)
    assert content["$id"] == f"{kind}.schema.json"
    assert content["title"] == f"sevengates {kind}"


@pytest.mark.parametrize("kind", Kind)
def test_the_example_fits_schema_and_reader(kind):
    read, example = READERS[kind]
    assert read(example, file="f").problems == ()
    assert list(validator(kind).iter_errors(read_yaml(example, file="f").data)) == []


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        (Kind.POLICY, b"version: 1", b"version: 2"),
        (Kind.POLICY, b"stage: production", b"stage: beta"),
        (Kind.POLICY, b"max_vague: 1", b"max_vauge: 1"),
        (Kind.POLICY, b"max_vague: 1", b"max_vague: 9"),
        (Kind.POLICY, b'"@ana"', b"ana"),
        (Kind.MANIFEST, b"format: coco", b"format: tfrecord"),
        (Kind.MANIFEST, b"path: coco.json", b"url: coco.json"),
        (Kind.MANIFEST, b"format: coco", b'digest: "md5:1"'),
        (Kind.MANIFEST, b"version: v2", b"version: 2"),
    ],
)
def test_what_the_reader_refuses_an_editor_underlines(kind, old, new):
    read, example = READERS[kind]
    bad = example.replace(old, new)
    assert read(bad, file="f").problems
    assert not validator(kind).is_valid(read_yaml(bad, file="f").data)


def command(*arguments):
    parser = ArgumentParser()
    schema.add_parser(parser.add_subparsers())
    args = parser.parse_args(["schema", *arguments])
    return args.run(args)


def test_the_command_prints_a_schema(capsys):
    assert command("policy") == 0
    assert json.loads(capsys.readouterr().out)["$id"] == "policy.schema.json"


def test_the_command_writes_both_schemas(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(schema, "ROOT", tmp_path)
    assert command("--write") == 0
    assert sorted(path.name for path in (tmp_path / "schemas").iterdir()) == [
        "manifest.schema.json",
        "policy.schema.json",
    ]
    assert (tmp_path / "schemas" / "policy.schema.json").read_text() == schema_text(Kind.POLICY)
    assert capsys.readouterr().out == "wrote schemas/policy.schema.json\nwrote schemas/manifest.schema.json\n"
