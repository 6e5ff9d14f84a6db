"""Files that stand for other bytes: what they are, what they name, and what changed behind them."""

import json
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.evidence.model import Loaded
from bot.evidence.pointer_changes import pointer_change, with_pointer_change
from bot.evidence.pointer_targets import MAX_BYTES, Target, read_pointer
from bot.evidence.pointers import PointerKind, pointer_kind
from bot.evidence.problems import Problems
from bot.forges.base import ObjectKind, TreeEntry
from bot.forges.errors import NotFoundError

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
A, B = "a" * 32, "b" * 32
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"c" * 64 + b"\nsize 12345\n"
DVC = f"outs:\n- md5: {A}.dir\n  path: images\n  size: 10\n  nfiles: 2\n".encode()
LOCK = (
    f"schema: '2.0'\nstages:\n  train:\n    cmd: x\n    outs:\n    - path: a.zip\n      md5: {B}\n".encode()
)
LISTING = json.dumps([{"md5": A, "relpath": "1.jpg"}, {"md5": B, "relpath": "2.jpg"}]).encode()
LAKEFS = b"src: lakefs://street/main/images/\nat_head: 0d3a\n"
CROISSANT = json.dumps(
    {
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "distribution": [
            {"@type": "cr:FileObject", "contentUrl": "a.zip", "contentSize": "12 B", "sha256": "f" * 64},
            {"@type": "cr:FileSet", "includes": "*.jpg"},
        ],
    }
).encode()
CARD = b"---\nlicense: mit\ndataset_info:\n  splits:\n  - {name: train, num_bytes: 5, num_examples: 1}\n---\n\n# D\n"
CARDS = b"---\r\ndataset_info:\r\n- config_name: c\r\n  splits:\r\n  - name: test\r\n---\r\n"
INFOS = json.dumps(
    {"c": {"download_checksums": {"https://x/a": {"num_bytes": 3, "checksum": "e"}, "https://x/b": 1}}}
).encode()


@pytest.mark.parametrize(
    ("data", "kind", "targets", "said"),
    [
        (
            LFS,
            PointerKind.LFS,
            [Target(name="", digest="sha256:" + "c" * 64, size=12345)],
            f"Git LFS pointer (sha256:{'c' * 64}, 12,345 bytes)",
        ),
        (
            DVC,
            PointerKind.DVC,
            [Target(name="images", digest=f"md5:{A}.dir", size=10)],
            f'DVC file ("images", md5:{A}.dir, 10 bytes)',
        ),
        (LOCK, PointerKind.DVC, [Target(name="a.zip", digest=f"md5:{B}")], f'DVC file ("a.zip", md5:{B})'),
        (
            LISTING,
            PointerKind.DVC_LISTING,
            [Target(name="1.jpg", digest=f"md5:{A}"), Target(name="2.jpg", digest=f"md5:{B}")],
            "DVC directory listing of 2 files",
        ),
        (
            LAKEFS,
            PointerKind.LAKEFS,
            [Target(name="lakefs://street/main/images/", digest="commit:0d3a")],
            'lakeFS reference ("lakefs://street/main/images/", commit:0d3a)',
        ),
        (
            CROISSANT,
            PointerKind.CROISSANT,
            [Target(name="a.zip", digest="sha256:" + "f" * 64, size=12)],
            f'Croissant description ("a.zip", sha256:{"f" * 64}, 12 bytes)',
        ),
        (
            CARD,
            PointerKind.HUGGING_FACE,
            [Target(name="train", size=5)],
            'Hugging Face dataset card ("train", 5 bytes)',
        ),
        (CARDS, PointerKind.HUGGING_FACE, [Target(name="c/test")], 'Hugging Face dataset card ("c/test")'),
        (
            INFOS,
            PointerKind.HUGGING_FACE,
            [Target(name="https://x/a", digest="sha256:e", size=3), Target(name="https://x/b")],
            "Hugging Face dataset card of 2 files",
        ),
        (b"src: lakefs://\nat_head:\n", PointerKind.LAKEFS, [Target(name="lakefs://")], None),
        (b'{"@type": "Dataset"', PointerKind.CROISSANT, [], "Croissant description"),
        (LFS[:43], PointerKind.LFS, [Target(name="")], "Git LFS pointer"),
        (b"---\nconfigs: [\n---\n", PointerKind.HUGGING_FACE, [], "Hugging Face dataset card"),
    ],
)
def test_a_pointer_names_what_it_stands_for(
    data: bytes, kind: PointerKind, targets: list[Target], said: str | None
) -> None:
    found = read_pointer(data, file="x")
    assert found is not None
    assert (found.kind, list(found.targets)) == (kind, targets)
    assert said is None or str(found) == said


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"src: lakefs://a/b/\n",
        b"---\ntitle: x\n---\nconfigs: none\n",
        b'{"images": [], "annotations": [], "categories": []}',
        b"train: images\nval: images\nnames: [car]\n",
        b"outs:\n- a\n",
        LAKEFS + b" " * (1 << 20),
    ],
)
def test_what_holds_data_is_no_pointer(data: bytes) -> None:
    assert read_pointer(data, file="x") is None


def test_a_listing_too_large_to_read_is_still_a_pointer() -> None:
    found = read_pointer(LISTING + b" " * MAX_BYTES, file="x")
    assert found is not None
    assert (found.kind, found.targets, str(found)) == (PointerKind.DVC_LISTING, (), "DVC directory listing")


class Tree:
    """A tree in memory; files whose name begins with "lost" have no bytes, those with "link" are links."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def entry(self, path: str) -> TreeEntry | None:
        kind = ObjectKind.SYMLINK if path.startswith("link") else ObjectKind.FILE
        return TreeEntry("0" * 40, kind, 1) if path in self.files else None

    def read(self, path: str, *, max_bytes: int) -> bytes:
        if path.startswith("lost"):
            raise NotFoundError(path)
        return self.files[path]

    def below(self, directory: str) -> tuple[str, ...]:
        return ()


def listing(**files: str) -> bytes:
    return json.dumps([{"md5": md5, "relpath": name} for name, md5 in files.items()]).encode()


def test_the_files_behind_a_dvc_directory_are_compared_by_its_listing() -> None:
    place = f".dvc/cache/files/md5/{A[:2]}/{A[2:]}.dir"
    old_place = f".dvc/cache/{B[:2]}/{B[2:]}.dir"
    base = Tree({"d.dvc": DVC, place: listing(a="1", b="2", c="3")})
    changed = DVC.replace(A.encode(), B.encode())
    head = Tree({"d.dvc": changed, old_place: listing(a="1", b="9", d="4")})
    found = pointer_change(head, base, "d")
    assert found is not None
    assert (found.code, found.items) == ("evidence.pointer-changed", ("b", "c", "d"))
    assert found.text == "Behind `d`, 3 of 3 files came, went or changed since the base branch."


def test_without_a_listing_a_directory_is_compared_as_a_whole() -> None:
    base, head = Tree({"d.dvc": DVC}), Tree({"d.dvc": DVC.replace(A.encode(), B.encode())})
    found = pointer_change(head, base, "d")
    assert found is not None
    assert found.items == ("images",)


def test_an_unchanged_pointer_says_so_and_is_still_a_problem() -> None:
    tree = Tree({"s.json": LFS})
    problems = Problems("s.json")
    problems.add("evidence.bytes-not-available", "not here", "Commit it.")
    far: Loaded[int] = Loaded(problems=problems.all())
    codes = [problem.code for problem in with_pointer_change(far, tree, tree, "s.json").problems]
    assert codes == ["evidence.bytes-not-available", "evidence.pointer-unchanged"]
    assert with_pointer_change(far, tree, tree, None) is far
    assert with_pointer_change(Loaded(value=1), tree, tree, "s.json").problems == ()


@pytest.mark.parametrize("name", ["absent", "lost", "link", "data"])
def test_a_pointer_that_stands_on_one_side_only_is_not_compared(name: str) -> None:
    here, there = Tree({name: b"data" if name == "data" else LFS}), Tree({name: LFS, "absent": LFS})
    if name == "absent":
        here = Tree({})
    assert pointer_change(here, there, name) is None
    assert pointer_change(there, here, name) is None


@pytest.mark.parametrize("data", [LFS, DVC, LOCK, LISTING, LAKEFS, CROISSANT, CARD, INFOS])
def test_a_damaged_pointer_is_never_taken_for_data_by_a_crash(data: bytes) -> None:
    random = Random(data)
    for _ in range(2_000):
        damaged = bytearray(data[: random.randrange(1, len(data) + 1)])
        damaged[random.randrange(len(damaged))] ^= 1 << random.randrange(8)
        found = read_pointer(bytes(damaged), file="x")
        assert found is None or str(found).startswith(str(found.kind))


@pytest.fixture
def samples() -> Path:
    if not SAMPLES.is_dir():
        pytest.skip("the samples are not here")
    return SAMPLES


@pytest.mark.shared
def test_every_pointer_among_the_samples_is_known(samples: Path, snapshot: SnapshotAssertion) -> None:
    found = {}
    for room in ("croissant", "dvc", "hf_card", "lfs"):
        for path in sorted((samples / room).rglob("*")):
            if path.is_file():
                pointer = read_pointer(path.read_bytes(), file=path.name)
                digests = (
                    Counter(target.digest.partition(":")[0] for target in pointer.targets) if pointer else {}
                )
                name = path.relative_to(samples).as_posix()
                found[name] = (str(pointer.kind), dict(digests)) if pointer else None
    assert found == snapshot


@pytest.mark.shared
def test_no_snapshot_or_export_among_the_samples_is_taken_for_a_pointer(samples: Path) -> None:
    rooms = ("coco", "cvat_api", "cvat_xml", "encord", "label_studio", "labelbox", "voc", "yolo")
    for room in rooms:
        for path in (samples / room).rglob("*"):
            assert not path.is_file() or pointer_kind(path.read_bytes()) is None, path
