"""The loader: evidence of a release from two trees, and what is said of what cannot be had."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.evidence import snapshots, sources
from bot.evidence.load import load_release
from bot.evidence.model import Loaded
from bot.evidence.release import ReleaseEvidence
from bot.forges.base import ObjectKind, TreeEntry
from bot.forges.errors import NotFoundError, TooLargeError
from bot.gates import snapshot_compare
from bot.gates.compare.leakage import leaks
from bot.manifest import Manifest
from bot.policy import CompareRule

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
MANIFEST = "data/release.yaml"
COCO = json.dumps(
    {
        "images": [{"id": 1, "file_name": "a.jpg"}],
        "categories": [{"id": 1, "name": "car"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1]}],
    }
).encode()
LABELS = b'{"id": 1, "name": "car"}\n'
WORK = b"id,status,items\n1,COMPLETED,a.jpg\n"
REVIEWS = b"item,annotator,reviewer,outcome,at\na.jpg,ann,rea,approved,2026-03-01T10:00:00Z\n"
EXPORT = b"format: coco\nclasses: {1: car}\n"
TREE_ID = "ab" * 20


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@dataclass
class MemoryFiles:
    """A tree in memory; `kinds` are entries that are no plain files, `sizes` what the forge says."""

    files: dict[str, bytes]
    kinds: Mapping[str, ObjectKind] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()

    def entry(self, path: str) -> TreeEntry | None:
        if path in self.files:
            return TreeEntry("0" * 40, self.kinds.get(path, ObjectKind.FILE), self.sizes.get(path))
        inside = any(name.startswith(f"{path}/") for name in self.files)
        return TreeEntry(TREE_ID, ObjectKind.DIRECTORY) if inside else None

    def read(self, path: str, *, max_bytes: int) -> bytes:
        if path in self.lost or path not in self.files:
            raise NotFoundError(path)
        if len(self.files[path]) > max_bytes:
            raise TooLargeError(path)
        return self.files[path]

    def below(self, directory: str) -> tuple[str, ...]:
        return tuple(sorted(name for name in self.files if name.startswith(f"{directory}/")))


def tree(**changed: bytes | None) -> MemoryFiles:
    files = {"coco": COCO, "labels": LABELS, "work": WORK, "reviews": REVIEWS, "export": EXPORT, **changed}
    return MemoryFiles({f"data/{name}": data for name, data in files.items() if data is not None})


def manifest(**changed: Any) -> Manifest:
    told = {"snapshot": digest(COCO), "as_of": "2026-03-02T09:00:00+00:00"}
    content: dict[str, Any] = {
        "dataset": "street",
        "version": "2",
        "schema": {"path": "labels"},
        "snapshot": {"path": "coco"},
        "baseline": "1",
        "assignments": {"path": "work", **told},
        "reviews": {"path": "/data/reviews", **told},
        "exports": [{"config": "export", "artefact": {"path": "coco"}}],
        **changed,
    }
    return Manifest.model_validate_json(json.dumps(content))


LINES = {
    ("schema", "path"): 3,
    ("schema",): 2,
    ("snapshot", "path"): 4,
    ("snapshot", "digest"): 5,
    ("snapshot", "format"): 6,
    ("snapshot", "url"): 7,
    ("baseline",): 8,
    ("assignments", "path"): 9,
    ("assignments", "snapshot"): 10,
    ("assignments", "as_of"): 11,
    ("assignments", "format"): 12,
    ("reviews", "path"): 13,
    ("exports", 0, "config"): 14,
    ("exports", 0, "artefact", "path"): 15,
}
BEFORE = manifest(version="1", baseline=None)


def load(
    candidate: MemoryFiles | None = None,
    base: MemoryFiles | None = None,
    *,
    before: Manifest | None = BEFORE,
    compare: str = "last-release",
    **changed: Any,
) -> ReleaseEvidence:
    return load_release(
        manifest=manifest(**changed),
        manifest_path=MANIFEST,
        line=LINES.get,
        candidate=candidate or tree(),
        base=base or tree(),
        base_manifest=before,
        base_manifest_path=MANIFEST if before else None,
        compare=CompareRule(baseline=compare),
        now=NOW,
    )


def codes(loaded: Any) -> list[tuple[str, str | None, int | None]]:
    assert all(
        finding.text.endswith(".") and finding.fix.endswith((".", "`.")) for finding in loaded.problems
    )
    return [(finding.code, finding.file, finding.line) for finding in loaded.problems]


def test_a_complete_release_loads_without_a_problem() -> None:
    found = load()
    everything = (
        found.labels,
        found.labels_before,
        found.snapshot,
        found.baseline,
        found.assignments,
        found.reviews,
    )
    assert all(loaded.value is not None and not loaded.problems for loaded in everything)
    assert found.baseline_name == "1"
    assert found.snapshot.value is not None
    assert found.snapshot.value.digest == digest(COCO)
    assert found.snapshot.evidence[0].source == "data/coco"
    assert found.reviews.used is not None
    assert (found.reviews.used.source, found.reviews.used.as_of) == (
        "data/reviews",
        datetime(2026, 3, 2, 9, tzinfo=UTC),
    )
    (export,) = found.exports
    assert export.config.value is not None
    assert export.config.value.format == "coco"
    assert export.artefact is not None
    assert export.artefact.value is not None


def test_a_first_release_has_no_labels_before_and_no_baseline() -> None:
    found = load(before=None)
    assert (found.labels_before.value, found.labels_before.problems) == ((), ())
    assert codes(found.baseline) == [("baseline.none", MANIFEST, 8)]
    assert found.baseline_name == ""


def test_the_schema_before_was_in_force_as_of_the_evidence_of_its_release() -> None:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert (used := load().labels_before.used) is not None
    assert used.as_of == at
    undated = BEFORE.model_copy(update={"assignments": None, "reviews": None})
    assert (used := load(before=undated).labels_before.used) is not None
    assert used.as_of is None


@pytest.mark.parametrize(("named", "code"), [(None, "baseline.not-named"), ("0", "baseline.other-version")])
def test_the_baseline_must_be_named_as_it_calls_itself(named: str | None, code: str) -> None:
    found = load(baseline=named)
    assert codes(found.baseline) == [(code, MANIFEST, 8)]
    assert "`baseline: 1`" in found.baseline.problems[0].fix
    assert found.baseline_name == "1"
    assert found.baseline.value == load().baseline.value  # what is wrong against it stays wrong


def test_the_baseline_may_be_another_manifest_of_the_base_branch() -> None:
    other = json.dumps(
        {"dataset": "s", "version": "0", "schema": {"path": "labels"}, "snapshot": {"path": "../c"}}
    )
    base = MemoryFiles({"old/release.yaml": other.encode(), "c": COCO, "bad.yaml": b"- 1"})
    found = load(base=base, compare="/old/release.yaml", baseline="0")
    assert found.baseline.used is not None
    assert (found.baseline.used.source, found.baseline_name) == ("c", "0")
    assert codes(load(base=base, compare="bad.yaml").baseline) == [("baseline.unreadable", MANIFEST, 8)]
    assert codes(load(base=base, compare="none.yaml").baseline) == [("evidence.missing", MANIFEST, 8)]


def test_evidence_of_the_base_branch_is_told_at_the_candidates_keys() -> None:
    found = load(base=tree(labels=None, coco=None))
    assert codes(found.labels_before) == [("evidence.missing", MANIFEST, 2)]
    assert codes(found.baseline) == [("evidence.missing", MANIFEST, 8)]


def test_evidence_that_is_not_named_says_how_to_name_it() -> None:
    found = load(assignments=None)
    assert codes(found.assignments) == [("evidence.not-named", MANIFEST, 9)]
    assert found.assignments.evidence == ()


@pytest.mark.parametrize(
    ("fields", "code", "line"),
    [
        ({"snapshot": None}, "evidence.unbound", 10),
        ({"snapshot": "sha256:" + "0" * 64}, "evidence.other-snapshot", 10),
        ({"as_of": None}, "evidence.undated", 11),
        ({"as_of": "2026-03-02T10:05:01+00:00"}, "evidence.from-the-future", 11),
    ],
)
def test_evidence_that_is_read_may_still_be_doubted(fields: dict[str, Any], code: str, line: int) -> None:
    told = {"path": "work", "snapshot": digest(COCO), "as_of": "2026-03-02T10:05:00+00:00"}
    found = load(assignments={**told, **fields}).assignments
    assert found.value is not None
    assert codes(found) == [(code, MANIFEST, line)]


def test_evidence_cannot_be_bound_to_a_snapshot_nobody_can_see() -> None:
    assert codes(load(tree(coco=None)).assignments) == [("evidence.unbound", MANIFEST, 10)]
    declared = load(tree(coco=None), snapshot={"path": "coco", "digest": digest(COCO)})
    assert codes(declared.assignments) == []


def test_a_wrong_digest_is_told_with_both_digests() -> None:
    wrong = "sha256:" + "0" * 64
    found = load(snapshot={"path": "coco", "digest": wrong}).snapshot
    assert codes(found) == [("evidence.digest-mismatch", MANIFEST, 5)]
    (finding,) = found.problems
    assert wrong in finding.text
    assert digest(COCO) in finding.text
    assert f"digest: {digest(COCO)}" in finding.fix


@pytest.mark.parametrize(
    ("source", "code", "line"),
    [
        ({"path": "nothing"}, "evidence.missing", 4),
        ({"path": "in_dvc"}, "evidence.bytes-not-available", 4),
        ({"path": "../../x"}, "evidence.outside-repository", 4),
        ({"path": "link"}, "evidence.symlink", 4),
        ({"path": "module"}, "evidence.submodule", 4),
        ({"path": "pointer"}, "evidence.bytes-not-available", 4),
        ({"path": "huge"}, "evidence.too-large", 4),
        ({"path": "lost"}, "evidence.missing", 4),
        ({"path": "odd"}, "snapshot.unknown-format", 6),
        ({"path": "folder"}, "snapshot.unknown-format", 6),
        ({"path": "coco", "format": "yolo"}, "snapshot.not-a-directory", 4),
        ({"url": "https://example.org/s.json"}, "evidence.host-not-allowed", 7),
    ],
)
def test_a_snapshot_that_cannot_be_read_is_refused_at_its_line(
    source: dict[str, str], code: str, line: int
) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 1\n"
    candidate = tree(link=b"x", module=b"", pointer=pointer, huge=b"", lost=b"", odd=b"?")
    candidate.files |= {"data/in_dvc.dvc": b"outs:", "data/folder/README.md": b""}
    candidate.kinds = {"data/link": ObjectKind.SYMLINK, "data/module": ObjectKind.SUBMODULE}
    candidate.sizes = {"data/huge": sources.MAX_SNAPSHOT + 1}
    candidate.lost = frozenset({"data/lost"})
    found = load(candidate, snapshot=source).snapshot
    assert found.value is None
    assert codes(found) == [(code, MANIFEST, line)]


def test_a_snapshot_that_is_read_but_wrong_is_still_what_evidence_is_bound_to() -> None:
    found = load(
        tree(coco=b'{"images": []}'), assignments={"path": "work", "snapshot": digest(b'{"images": []}')}
    )
    assert [f.code for f in found.snapshot.problems] == ["snapshot.not-coco"]
    assert codes(found.assignments) == [("evidence.undated", MANIFEST, 11)]


@pytest.mark.parametrize(
    ("path", "code", "line"),
    [
        ("folder", "evidence.directory", 9),
        ("big", "evidence.too-large", 9),
        ("odd", "evidence.unknown-format", 12),
    ],
)
def test_evidence_must_be_one_file_of_a_known_format(path: str, code: str, line: int) -> None:
    candidate = tree(big=b"x" * (sources.MAX_EVIDENCE + 1), odd=b"?")
    candidate.files["data/folder/x"] = b""
    found = load(candidate, assignments={"path": path, "snapshot": digest(COCO), "as_of": NOW.isoformat()})
    assert codes(found.assignments) == [(code, MANIFEST, line)]


def test_the_format_the_manifest_names_wins() -> None:
    found = load(assignments={"path": "work", "format": "jsonl"}).assignments
    assert {f.code for f in found.problems} >= {"evidence.not-json"}


def test_an_export_without_configuration_or_files_says_so() -> None:
    found = load(
        tree(export=None), exports=[{"config": "export"}, {"config": "labels", "artefact": {"path": "no"}}]
    )
    first, second = found.exports
    assert (codes(first.config), first.artefact) == ([("evidence.missing", MANIFEST, 14)], None)
    assert second.artefact is not None
    assert [f.code for f in second.artefact.problems] == ["evidence.missing"]


def directory(**files: bytes) -> MemoryFiles:
    candidate = tree()
    candidate.files |= {f"data/d/{name.replace('__', '/')}": data for name, data in files.items()}
    return candidate


def loaded_directory(candidate: MemoryFiles, **fields: str) -> Any:
    return load(candidate, snapshot={"path": "d", **fields}).snapshot


def test_a_directory_of_coco_files_is_one_snapshot() -> None:
    candidate = directory()
    other = COCO.replace(b"a.jpg", b"b.jpg")
    candidate.files |= {
        "data/d/instances_train.json": COCO,
        "data/d/instances_val.json": other,
        "data/d/x.md": b"",
    }
    found = loaded_directory(candidate, digest=f"gittree:{TREE_ID}")
    assert found.value is not None
    assert [(item.id, item.split) for item in found.value.items] == [("a.jpg", "train"), ("b.jpg", "val")]
    assert found.value.digest == f"gittree:{TREE_ID}"
    candidate.files["data/d/instances_val.json"] = b"{}"
    assert [(f.code, f.file) for f in loaded_directory(candidate).problems] == [
        ("snapshot.not-coco", "data/d/instances_val.json")
    ]
    assert codes(loaded_directory(directory(x=b""), format="coco")) == [
        ("snapshot.unknown-format", MANIFEST, 6)
    ]


@pytest.mark.parametrize(
    ("file", "split"),
    [
        ("holdout.json", "holdout"),
        ("annotations/instances_eval_core_v3_locked.json", "eval_core_v3_locked"),
        ("holdout/_annotations.coco.json", "holdout"),
        ("trainval.json", "trainval"),
    ],
)
def test_a_file_of_a_directory_that_names_no_known_split_is_one_of_its_own(file: str, split: str) -> None:
    candidate = directory()
    candidate.files |= {"data/d/train.json": COCO, f"data/d/{file}": COCO}
    found = loaded_directory(candidate).value
    assert found is not None
    assert {item.split for item in found.items} == {"train", split}
    assert [leak.splits for leak in leaks(found.items, ())] == [tuple(sorted(("train", split)))]
    answer = snapshot_compare.check(
        snapshot=Loaded(value=found),
        baseline=Loaded(value=replace(found, annotations=())),
        baseline_name="1",
        intent=None,
        rule=CompareRule(locked_splits=(split,)),
    )
    assert "compare.locked-split" in answer.codes


def test_files_of_one_name_in_two_directories_are_two_splits() -> None:
    candidate = directory()
    candidate.files |= {"data/d/a/x.json": COCO, "data/d/b/x.json": COCO.replace(b"a.jpg", b"b.jpg")}
    found = loaded_directory(candidate).value
    assert [item.split for item in found.items] == ["a/x", "b/x"] if found else False


def test_an_image_that_names_its_split_keeps_it_in_any_file() -> None:
    candidate = directory()
    candidate.files |= {"data/d/all.json": COCO.replace(b'"file_name"', b'"split": "val", "file_name"')}
    found = loaded_directory(candidate).value
    assert [item.split for item in found.items] == ["val"] if found else False


def test_the_digest_of_a_directory_is_its_tree() -> None:
    found = loaded_directory(directory(x=b""), digest="gittree:" + "0" * 40)
    assert codes(found) == [("evidence.digest-mismatch", MANIFEST, 5)]


def test_a_yolo_directory_is_read_by_its_configuration() -> None:
    candidate = directory(images__train__a=b"", labels=b"")
    config = b"train: images/train\nnames: [car]\n"
    candidate.files |= {
        "data/d/data.yaml": config,
        "data/d/images/train/a.jpg": b"",
        "data/d/labels/train/a.txt": b"0 .5 .5 .1 .1\n",
    }
    found = loaded_directory(candidate)
    assert found.value is not None
    assert [annotation.label for annotation in found.value.annotations] == ["car"]
    candidate.files["data/d/data.yaml"] = b"train: images/train\n"
    assert [f.code for f in loaded_directory(candidate).problems] == ["yolo.no-names"]
    assert codes(loaded_directory(directory(x=b""), format="yolo")) == [("yolo.no-config", MANIFEST, 4)]


def test_images_beside_a_yolo_or_voc_snapshot_are_known_by_gits_id() -> None:
    candidate = directory()
    candidate.files |= {
        "data/d/data.yaml": b"train: images\nnames: [car]\n",
        "data/d/images/a.jpg": b"",
        "data/d/images/link.jpg": b"",
    }
    candidate.kinds = {"data/d/images/link.jpg": ObjectKind.SYMLINK}
    found = loaded_directory(candidate).value
    assert found is not None
    assert [item.digest.partition(":")[0] for item in found.items] == ["gitblob", ""]


def test_a_voc_directory_is_read_with_its_lists() -> None:
    picture = b"<annotation><filename>a.jpg</filename></annotation>"
    candidate = directory()
    candidate.files |= {
        "data/d/Annotations/a.xml": picture,
        "data/d/ImageSets/Main/val.txt": b"a\n",
        "data/d/ImageSets/Main/notes.md": b"x",
        "data/d/ImageSets/Segmentation/val.txt": b"b\n",
    }
    found = loaded_directory(candidate).value
    assert found is not None
    assert [(item.id, item.split) for item in found.items] == [("a.jpg", "val")]
    file = tree(x=picture)
    assert codes(load(file, snapshot={"path": "x", "format": "voc"}).snapshot) == [
        ("snapshot.not-a-directory", MANIFEST, 4)
    ]
    assert codes(loaded_directory(directory(x=b""), format="voc")) == [
        ("snapshot.unknown-format", MANIFEST, 6)
    ]


def test_files_of_label_studio_are_told_from_coco_by_content_and_put_together() -> None:
    export = b'[{"id": 1, "data": {"image": "a.jpg"}, "annotations": []}]'
    candidate = directory()
    candidate.files |= {"data/d/train.json": export, "data/d/val.json": export.replace(b"a.jpg", b"b.jpg")}
    for form in ({}, {"format": "label-studio"}):
        found = loaded_directory(candidate, **form).value
        assert found is not None
        assert [(item.id, item.split) for item in found.items] == [("a.jpg", "train"), ("b.jpg", "val")]
    assert [f.code for f in loaded_directory(candidate, format="coco").problems] == ["snapshot.not-coco"] * 2
    assert load(tree(x=export), snapshot={"path": "x"}).snapshot.value is not None


def test_links_inside_a_snapshot_directory_are_not_followed() -> None:
    candidate = directory()
    candidate.files["data/d/data.yaml"] = b"elsewhere"
    candidate.kinds = {"data/d/data.yaml": ObjectKind.SYMLINK}
    assert codes(loaded_directory(candidate)) == [("evidence.symlink", MANIFEST, 4)]


def test_all_files_of_a_directory_share_one_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "MAX_SNAPSHOT", len(COCO) + 5)
    candidate = directory()
    candidate.files |= {"data/d/a.json": COCO, "data/d/b.json": COCO}
    assert codes(loaded_directory(candidate)) == [("evidence.too-large", MANIFEST, 4)]
