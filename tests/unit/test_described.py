"""Directories with a Hugging Face card or a Croissant description, whose files lie beside it."""

import hashlib
import json
from collections.abc import Mapping
from random import Random

import pytest

from bot.evidence.described import described
from bot.evidence.model import Loaded, Snapshot
from bot.evidence.shelf import MemoryShelf
from bot.evidence.snapshots import MAX_CARD, load_snapshot
from bot.evidence.sources import Naming
from bot.evidence.values import BadValueError
from bot.forges.base import ObjectKind, TreeEntry
from bot.manifest import Source
from tests.fakes.damages import DAMAGES
from tests.fakes.file_trees import MemoryFiles
from tests.fakes.one_dataset import loaded


def rows(name: str, split: str = "") -> bytes:
    item = {"item": {"id": name, "split": split}}
    thing = {"annotation": {"id": 1, "item": name, "label": "car", "box": [1, 2, 3, 4]}}
    return f"{json.dumps(item)}\n{json.dumps(thing)}\n".encode()


TRAIN, TEST = rows("a.jpg"), rows("b.jpg")
FILES = {"d/data/train.jsonl": TRAIN, "d/data/test.jsonl": TEST, "d/data/notes.txt": b"not data"}


def front(configs: str) -> bytes:
    return f"---\nlicense: mit\nconfigs:\n{configs}---\n\n# Streets\n".encode()


def croissant(*files: Mapping[str, str]) -> bytes:
    content = {"@type": "sc:Dataset", "distribution": [{"@type": "cr:FileObject", **one} for one in files]}
    return json.dumps(content).encode()


def splits(found: Loaded[Snapshot]) -> dict[str, str]:
    assert found.value is not None, found.problems
    assert len(found.value.annotations) == len(found.value.items)
    return {item.id: item.split for item in found.value.items}


BOTH = "- config_name: default\n  data_files:\n  - {split: train, path: data/train.jsonl}\n"
CARDS = {
    "a list with splits": BOTH + "  - {split: test, path: data/test.jsonl}\n",
    "patterns": BOTH.replace("train.jsonl", "train*.jsonl")
    + "  - {split: test, path: [./data/test.jsonl]}\n",
    "a mapping": "- data_files: {train: data/train.jsonl, test: [data/test.jsonl]}\n",
}


@pytest.mark.parametrize("name", CARDS)
def test_the_files_of_a_card_are_the_snapshot(name: str) -> None:
    found = loaded({**FILES, "d/README.md": front(CARDS[name])})
    assert splits(found) == {"a.jpg": "train", "b.jpg": "test"}


def test_files_without_a_split_are_those_of_train_unless_their_items_say_otherwise() -> None:
    files = {
        **FILES,
        "d/README.md": front("- data_files: data/*.jsonl\n"),
        "d/data/test.jsonl": rows("b.jpg", "val"),
    }
    assert splits(loaded(files)) == {"a.jpg": "train", "b.jpg": "val"}


def test_the_files_of_a_croissant_description_are_the_snapshot_and_have_its_digests() -> None:
    stated = {"contentUrl": "data/train.jsonl", "sha256": hashlib.sha256(TRAIN).hexdigest()}
    described = croissant(stated, {"contentUrl": "data/test.jsonl", "md5": hashlib.md5(TEST).hexdigest()})
    assert splits(loaded({**FILES, "d/croissant.json": described})) == {"a.jpg": "", "b.jpg": ""}
    other = croissant({**stated, "sha256": "0" * 64})
    problems = loaded({**FILES, "d/croissant.json": other}).problems
    assert [problem.code for problem in problems] == ["evidence.digest-mismatch"]


REFUSED = {
    "elsewhere": ("d/croissant.json", croissant({"contentUrl": "https://example.org/a.jsonl"})),
    "gone": ("d/croissant.json", croissant({"contentUrl": "data/gone.jsonl"})),
    "outside": ("d/croissant.json", croissant({"contentUrl": "../e/a.jsonl"})),
    "no match": ("d/README.md", front("- data_files: data/*.parquet\n")),
    "no pattern": ("d/README.md", front('- data_files: "data/["\n')),
}


@pytest.mark.parametrize("name", REFUSED)
def test_files_that_are_not_there_are_refused_by_name(name: str) -> None:
    path, data = REFUSED[name]
    (problem,) = loaded({**FILES, "e/a.jsonl": TRAIN, path: data}).problems
    assert (problem.code, problem.file) == ("evidence.bytes-not-available", path)


def test_a_card_of_several_data_sets_is_refused() -> None:
    two = (
        "- {config_name: a, data_files: data/train.jsonl}\n- {config_name: b, data_files: data/test.jsonl}\n"
    )
    (problem,) = loaded({**FILES, "d/README.md": front(two)}).problems
    assert problem.code == "snapshot.several-configs"


@pytest.mark.parametrize(
    "readme",
    [
        b"# Streets\n",
        front("- {config_name: a}\n"),
        front("- 5\n"),
        front("  data_files: 7\n"),
        front("- data_files: 7\n"),
    ],
)
def test_a_card_that_names_no_files_describes_nothing(readme: bytes) -> None:
    (problem,) = loaded({**FILES, "d/README.md": readme}).problems
    assert problem.code == "snapshot.unknown-format"


def test_a_card_beside_a_yolo_configuration_is_none_of_ours() -> None:
    files = {"d/data.yaml": b"train: train.txt\nnames: [car]\n", "d/train.txt": b"images/a.jpg\n"}
    files["d/README.md"] = front("- data_files: data/gone.jsonl\n")
    found = loaded(files)
    assert found.value is not None
    assert [item.id for item in found.value.items] == ["a.jpg"]


def test_a_file_that_its_reader_refuses_is_a_finding_of_that_file() -> None:
    files = {**FILES, "d/README.md": front("- data_files: data/*\n")}
    assert {problem.file for problem in loaded(files).problems} == {"d/data/notes.txt"}


@pytest.mark.parametrize("size", [MAX_CARD + 1, 0])
def test_a_description_that_is_too_large_or_a_link_describes_nothing(size: int) -> None:
    class Files(MemoryFiles):
        def entry(self, path: str) -> TreeEntry | None:
            found = super().entry(path)
            linked = path.endswith("README.md") and not size
            return TreeEntry("0" * 40, ObjectKind.SYMLINK) if linked else found

    naming = Naming(file="release.yaml", key=("snapshot",), what="The snapshot", line=lambda _: 1)
    files = Files({**FILES, "d/README.md": front(CARDS["a mapping"]) + b" " * size})
    found = load_snapshot(files, Source(path="/d"), naming, manifest_path="r.yaml", shelf=MemoryShelf())
    assert [problem.code for problem in found.problems] == ["snapshot.unknown-format"]


@pytest.mark.parametrize("data", [front(CARDS["patterns"]), croissant({"contentUrl": "data/train.jsonl"})])
def test_a_damaged_description_names_files_of_the_directory_or_is_refused_by_name(data: bytes) -> None:
    random = Random(data)
    refused = 0
    for number in range(2_000):
        damaged = DAMAGES[number % len(DAMAGES)](data, random)
        try:
            found = described(damaged, file="d/README.md", below=tuple(FILES))
        except BadValueError:
            refused += 1
        else:
            assert {part.path for part in found} <= FILES.keys()
    assert refused > 50
