"""Evidence from files and directories the manifest names, native or exported by a tool."""

from pathlib import Path

import pytest

from bot.evidence.evidence_files import ASSIGNMENTS, FORMATS, LABELS, REVIEWS, read_evidence
from bot.evidence.model import Assignment, Loaded
from bot.evidence.sources import Naming, RefusedSourceError, fetch
from bot.forges.base import ObjectKind, TreeEntry
from bot.manifest import Source
from tests.fakes.tool_exports import (
    CVAT_XML,
    as_bytes,
    cvat_files,
    encord_row,
    lb_issue,
    lb_row,
    ls_task,
    ndjson,
)

TREE = "ab" * 20
NAMING = Naming(file="m.yaml", key=("assignments",), what="The file of assignments", line=lambda _: 4)


class Tree:
    """A tree in memory; `kinds` are entries that are no plain files."""

    def __init__(self, files: dict[str, bytes], **kinds: ObjectKind) -> None:
        self.files = files
        self.kinds = kinds

    def entry(self, path: str) -> TreeEntry | None:
        if path in self.files:
            return TreeEntry(
                "0" * 40, self.kinds.get(Path(path).stem, ObjectKind.FILE), len(self.files[path])
            )
        inside = any(name.startswith(f"{path}/") for name in self.files)
        return TreeEntry(TREE, ObjectKind.DIRECTORY) if inside else None

    def read(self, path: str, *, max_bytes: int) -> bytes:
        return self.files[path]

    def below(self, directory: str) -> tuple[str, ...]:
        return tuple(sorted(name for name in self.files if name.startswith(f"{directory}/")))


def work(
    tree: Tree, path: str, *, items: tuple[str, ...] = (), **source: str
) -> Loaded[tuple[Assignment, ...]]:
    where = Source.model_validate({"path": path, **source})
    return read_evidence(tree, where, ASSIGNMENTS, NAMING, manifest_path="m.yaml", items=items)


def codes(loaded: Loaded[tuple[Assignment, ...]]) -> list[str]:
    assert loaded.value is None
    return [finding.code for finding in loaded.problems]


NATIVE = b'{"id": "1", "status": "COMPLETED", "items": ["s3://b/train/1.jpg"]}\n'


@pytest.mark.parametrize(
    ("name", "data", "items"),
    [
        ("w.jsonl", NATIVE, ("s3://b/train/1.jpg",)),
        ("w.csv", b"id,status,items\n1,COMPLETED,1.jpg\n", ("1.jpg",)),
        ("ls.json", as_bytes([ls_task()]), ("train/1.jpg",)),
        ("lb.ndjson", ndjson(lb_row()), ("train/1.jpg",)),
        ("e.json", as_bytes([encord_row()]), ("a.jpg",)),
        ("c.xml", CVAT_XML, ("a.jpg", "b.jpg")),
    ],
)
def test_a_file_is_read_as_what_it_holds(name: str, data: bytes, items: tuple[str, ...]) -> None:
    loaded = work(Tree({name: data}), name, items=("train/1.jpg", "val/2.jpg"))
    assert not loaded.problems
    assert (loaded.value or ())[0].items == items
    assert loaded.used is not None
    assert loaded.used.source == name
    assert loaded.used.digest.startswith("sha256:")


def test_a_directory_is_one_export_bound_by_its_tree() -> None:
    tree = Tree(cvat_files() | {"cvat/README.md": b"saved on Monday"})
    loaded = work(tree, "cvat", items=("x/a.jpg",))
    (one,) = loaded.value or ()
    assert (one.items, one.line) == (("x/a.jpg", "b.jpg"), None)
    assert loaded.used is not None
    assert (loaded.used.source, loaded.used.digest) == ("cvat", f"gittree:{TREE}")


def test_reviews_and_labels_come_from_the_same_directory() -> None:
    tree, source = Tree(cvat_files()), Source(path="cvat")
    reviews = read_evidence(tree, source, REVIEWS, NAMING, manifest_path="m.yaml", items=("x/b.jpg",))
    assert [review.item for review in reviews.value or ()] == ["a.jpg", "x/b.jpg", "x/b.jpg"]
    labels = read_evidence(tree, source, LABELS, NAMING, manifest_path="m.yaml")
    assert [label.name for label in labels.value or ()] == ["car"]


def test_an_empty_item_is_renamed_like_every_other() -> None:
    task = ls_task()
    task["annotations"][0]["result"] = []
    (one,) = work(Tree({"l.json": as_bytes([task])}), "l.json", items=("1.jpg",)).value or ()
    assert one.empty_items == {"1.jpg"}


def test_a_directory_of_data_rows_and_issues_is_one_export() -> None:
    tree = Tree({"lb/rows.ndjson": ndjson(lb_row()), "lb/issues.json": as_bytes([lb_issue()])})
    assert len(work(tree, "lb").value or ()) == 1


def test_the_format_may_be_named() -> None:
    tree = Tree({"w.txt": b"id,status,items\n1,COMPLETED,a\n"})
    assert work(tree, "w.txt", format="csv").value is not None
    assert codes(work(tree, "w.txt", format="labelbox")) == ["evidence.not-json"]
    assert codes(work(tree, "w.txt", format="excel")) == ["evidence.unknown-format"]


@pytest.mark.parametrize(
    ("files", "code"),
    [
        (
            {"d/a.json": as_bytes([ls_task()]), "d/b.json": as_bytes([encord_row()])},
            "evidence.unknown-format",
        ),
        ({"d/a.jsonl": NATIVE}, "evidence.unknown-format"),
        ({"d/a.md": b"hello"}, "evidence.directory"),
        ({"d/link.json": b"{}"}, "evidence.symlink"),
        ({"d/a.json": b"version https://git-lfs.github.com/spec/v1\n"}, "evidence.bytes-not-available"),
        ({"d/a.json": b" " * (13 << 20), "d/b.json": b" " * (13 << 20)}, "evidence.too-large"),
        ({"e/a.json": b"{}"}, "evidence.missing"),
    ],
)
def test_a_directory_that_is_no_export_is_refused(files: dict[str, bytes], code: str) -> None:
    assert codes(work(Tree(files, link=ObjectKind.SYMLINK), "d")) == [code]


def test_a_directory_of_native_tables_cannot_be_forced() -> None:
    assert codes(work(Tree({"d/a.jsonl": NATIVE}), "d", format="jsonl")) == ["evidence.unknown-format"]


def test_another_tree_than_declared_is_refused() -> None:
    tree = Tree(cvat_files())
    assert codes(work(tree, "cvat", digest="gittree:" + "cd" * 20)) == ["evidence.digest-mismatch"]
    assert work(tree, "cvat", digest=f"gittree:{TREE}").value is not None


def test_an_unknown_format_names_those_that_are_read() -> None:
    (finding,) = work(Tree({"w.txt": b"hello"}), "w.txt").problems
    assert (finding.code, finding.line) == ("evidence.unknown-format", 4)
    assert all(name in finding.fix for name in FORMATS)


def test_what_must_be_one_file_is_refused_as_a_directory() -> None:
    with pytest.raises(RefusedSourceError) as refused:
        fetch(Tree({"d/a.yaml": b"x"}), Source(path="d"), NAMING, manifest_path="m.yaml")
    assert refused.value.finding.code == "evidence.directory"
