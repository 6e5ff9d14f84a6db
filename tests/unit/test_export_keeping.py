"""Exported files are bound to the ids of their bytes: unchanged they are not read again, changed ones always."""

import json
import random
from dataclasses import dataclass, field, replace

import pytest

from bot.answers import Finding
from bot.evaluation.readings import with_readings
from bot.evaluation.trees import TreeFiles
from bot.evidence.export_config import read_export_config
from bot.evidence.exports.evidence import load_exports
from bot.evidence.exports.keeping import exported_of, kept_of
from bot.evidence.exports.load import load_exported
from bot.evidence.exports.model import BoxForm, ExportedFiles, ExportEvidence, Reading
from bot.evidence.model import Item, Loaded, Snapshot
from bot.evidence.shelf import Kept, MemoryShelf, Shelf
from bot.evidence.snapshots import load_snapshot
from bot.evidence.sources import Naming
from bot.manifest import Manifest, Source
from tests.fakes.archives import packed
from tests.fakes.commits import Commits
from tests.fakes.exporter import Mistakes, config, export, snapshot

NAMING = Naming(file="release.yaml", key=("exports", 0), what="The exported files", line=lambda _: 9)
FORMS = ("coco", "yolo", "segment", "voc", "jsonl", "huggingface", "parquet")


@dataclass
class Watched:
    """A shelf that counts what was read anew: whatever is put on it."""

    shelf: MemoryShelf = field(default_factory=MemoryShelf)
    made: int = 0

    def find(self, key: str) -> Kept | None:
        return self.shelf.find(key)

    def keep(self, key: str, kept: Kept) -> Kept:
        self.made += 1
        return self.shelf.keep(key, kept)


def load(
    files: dict[str, bytes],
    path: str,
    form: str,
    shelf: Shelf,
    settings: bytes = b"",
    *,
    digest: str | None = None,
) -> tuple[Loaded[ExportedFiles], int]:
    """What is read with that shelf, and how many blobs it took."""
    commits = Commits()
    tree = commits.tree(commits.commit(files))
    read = load_exported(
        TreeFiles(tree, commits.blob),
        Source(path=f"/{path}", digest=digest),
        NAMING,
        manifest_path="release.yaml",
        config=read_export_config(settings or config(form), file="e.yaml").value,
        shelf=shelf,
    )
    return read, len(commits.read)


def archived(form: str) -> tuple[str, dict[str, bytes]]:
    _, files = export(form, Mistakes())
    return "out.zip", {
        "out.zip": packed({path.removeprefix("out/"): data for path, data in files.items()}, ".zip")
    }


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("make", [lambda form: export(form, Mistakes()), archived], ids=["files", "archive"])
def test_unchanged_files_are_neither_fetched_nor_read_again(form: str, make) -> None:
    path, files = make(form)
    shelf = Watched()
    first, reads = load(files, path, form, shelf)
    again, none = load({**files, "README.md": b"other"}, path, form, shelf)
    assert first.value is not None
    assert (reads > 0, none, shelf.made) == (True, 0, 1)
    assert again == first


@pytest.mark.parametrize("form", FORMS)
def test_one_changed_byte_of_any_file_is_read_and_never_answered_from_what_was_kept(form: str) -> None:
    chance = random.Random(5)
    path, files = export(form, Mistakes())
    shelf = Watched()
    load(files, path, form, shelf)
    for name, data in files.items():
        for bit in chance.sample(range(8 * len(data)), 4) if data else ():
            place = bit // 8
            other = bytes([data[place] ^ 1 << bit % 8])
            changed = {**files, name: data[:place] + other + data[place + 1 :]}
            found, reads = load(changed, path, form, shelf)
            fresh, _ = load(changed, path, form, MemoryShelf())
            assert reads > 0
            assert found == fresh


def test_another_format_place_or_class_map_is_read_anew() -> None:
    path, files = export("huggingface", Mistakes())
    shelf = Watched()
    load(files, path, "huggingface", shelf)
    others = config("huggingface", classes={0: "bus", 1: "car", 2: "tram"})
    renamed, _ = load(files, path, "huggingface", shelf, others)
    assert renamed.value is not None
    assert {one.label for one in renamed.value.content.annotations[:2]} == {"car", "bus"}
    assert renamed.value.content.annotations[0].label == "bus"
    load(files, path, "huggingface", shelf, config("huggingface", name="jsonl"))
    load({"val/metadata.jsonl": files[path]}, "val/metadata.jsonl", "huggingface", shelf)
    assert shelf.made == 3  # "jsonl" and "huggingface" are one format


def evidence(
    files: dict[str, bytes], form: str, **changed: object
) -> tuple[Manifest, Loaded[Snapshot], ExportEvidence]:
    """A release of the exporter's data set, exported as `files`."""
    shelf = MemoryShelf()
    commits = Commits()
    path = "out/export.json" if form == "coco" else "out"
    tree = {"snapshot.json": snapshot(), "e.yaml": config(form), **files, **changed}
    head = TreeFiles(commits.tree(commits.commit(tree)), commits.blob)
    artefact = {"path": f"/{path}", "format": form}
    manifest = Manifest.model_validate_json(
        json.dumps(
            {
                "dataset": "d",
                "version": "1",
                "schema": {"path": "labels"},
                "snapshot": {"path": "snapshot.json", "format": "coco"},
                "exports": [{"config": "e.yaml", "artefact": artefact}],
            }
        )
    )
    found = load_snapshot(head, manifest.snapshot, NAMING, manifest_path="release.yaml", shelf=shelf)
    (one,) = load_exports(
        head, manifest, manifest_path="release.yaml", line=lambda _: 1, snapshot=None, shelf=shelf
    )
    return manifest, found, one


def reading(shelf: Shelf, made: tuple[Manifest, Loaded[Snapshot], ExportEvidence]) -> Reading:
    manifest, candidate, export = made
    (one,) = with_readings(candidate, (export,), manifest, shelf)
    assert one.reading is not None
    return one.reading


@pytest.mark.parametrize("form", ["coco", "yolo", "voc"])
@pytest.mark.parametrize(
    "wrong", [Mistakes(), Mistakes(layout="corners"), Mistakes(drop_pictures=("d.jpg",))]
)
def test_the_same_bytes_are_compared_once(form: str, wrong: Mistakes) -> None:
    shelf = Watched()
    files = export(form, wrong)[1]
    first = reading(shelf, evidence(files, form))
    assert reading(shelf, evidence({**files, "README.md": b"other"}, form)) == first
    assert shelf.made == 1
    ((key, kept),) = shelf.shelf.kept.items()
    planted = {**kept.about, "items": (("planted", 1),)}
    shelf.shelf.kept[key] = replace(kept, about=planted)
    assert reading(shelf, evidence(files, form)).items == (("planted", 1),)  # it was not found out again


def test_one_changed_byte_of_any_input_is_compared_anew() -> None:
    shelf = Watched()
    files = export("coco", Mistakes())[1]
    first = reading(shelf, evidence(files, "coco"))
    spaced = {name: data + b" " for name, data in files.items()}
    moved = {name: data.replace(b"64.5", b"65.5", 1) for name, data in files.items()}
    changes = [
        (spaced, {}),
        (moved, {}),
        (files, {"snapshot.json": snapshot() + b" "}),
        (files, {"e.yaml": config("coco") + b"\n"}),
    ]
    readings = [reading(shelf, evidence(changed, "coco", **others)) for changed, others in changes]
    assert shelf.made == 5
    assert [one == first for one in readings] == [True, False, True, True]
    assert [finding.code for finding in readings[1].failures] == ["export.coordinates"]


def test_what_cannot_be_named_by_digests_is_compared_every_time() -> None:
    shelf = Watched()
    manifest, candidate, one = evidence(export("coco", Mistakes())[1], "coco")
    unknown = replace(one, config=replace(one.config, used=None))
    for _ in range(2):
        assert reading(shelf, (manifest, candidate, unknown)).failures == ()
    assert shelf.made == 0
    (unread,) = with_readings(candidate, (replace(one, artefact=None),), manifest, shelf)
    assert unread.reading is None


def test_kept_files_must_have_the_digest_that_is_declared_too() -> None:
    path, files = export("coco", Mistakes())
    shelf = MemoryShelf()
    load(files, path, "coco", shelf)
    read, _ = load(files, path, "coco", shelf, digest=f"sha256:{'0' * 64}")
    assert [problem.code for problem in read.problems] == ["evidence.digest-mismatch"]


def test_files_that_cannot_be_read_are_not_kept() -> None:
    shelf = Watched()
    read, _ = load({"out.json": b"{"}, "out.json", "coco", shelf)
    assert read.value is None
    assert shelf.made == 0


def test_what_the_consumer_trips_over_is_kept_with_the_files() -> None:
    faults = (
        Finding(code="export.class-unknown", text="So.", fix="Fix.", file="a", line=3, items=("1", "\ud800")),
    )
    files = ExportedFiles(
        content=Snapshot(
            items=(Item(id="a", file="a", marked_empty=True),), annotations=(), classes={"1": "car"}
        ),
        boxes=BoxForm.CENTRE,
        faults=faults,
        images_known=False,
    )
    kept = kept_of(files, "sha256:1")
    assert kept is not None
    assert exported_of(kept) == files


def test_what_columns_cannot_hold_is_not_kept() -> None:
    huge = Snapshot(items=(Item(id="a", file="a", width=1 << 70),), annotations=())
    assert kept_of(ExportedFiles(content=huge), "sha256:1") is None


def test_a_size_that_no_picture_has_is_unknown_and_the_rest_is_kept() -> None:
    path, files = export("coco", Mistakes())
    wide = {path: files[path].replace(b'"width": 640', b'"width": 1e30')}
    shelf = Watched()
    for expected in (1, 0):
        read, reads = load(wide, path, "coco", shelf)
        assert read.value is not None
        assert read.value.content.items[0].width is None
        assert reads == expected
