"""Snapshots at URLs: from allowed places alone, bound by their digest, fetched once."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.answers import EvidenceUsed, Finding
from bot.evidence.baseline import load_baseline
from bot.evidence.model import Loaded, Snapshot
from bot.evidence.remote import NOWHERE, NoDriverError, Remote, RemoteError, TooLargeRemoteError
from bot.evidence.shelf import MemoryShelf, Shelf
from bot.evidence.snapshots import load_snapshot
from bot.evidence.sources import Naming
from bot.gates.evidence_state import placed
from bot.gates.snapshot_compare import check
from bot.manifest import Manifest, SnapshotSource
from bot.policy import CompareRule
from tests.fakes.file_trees import MemoryFiles

URL = "https://data.example.org/street/train.json?key=1#top"
LINES = {("snapshot", "url"): 4, ("snapshot", "digest"): 5, ("snapshot", "format"): 6, ("baseline",): 7}
NAMING = Naming(file="data/release.yaml", key=("snapshot",), what="The snapshot", line=LINES.get)


def coco(*lefts: int) -> bytes:
    return json.dumps(
        {
            "images": [{"id": 1, "file_name": "a.jpg"}],
            "categories": [{"id": 1, "name": "car"}],
            "annotations": [
                {"id": n, "image_id": 1, "category_id": 1, "bbox": [left, 1, 2, 2]}
                for n, left in enumerate(lefts)
            ],
        }
    ).encode()


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@dataclass
class Web:
    """A few files at URLs, or an error; counts what is fetched."""

    files: Mapping[str, bytes | RemoteError] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)

    def allows(self, url: str) -> bool:
        return url.startswith("https://data.example.org/")

    def fetch(self, url: str, *, max_bytes: int) -> bytes:
        self.fetched.append(url)
        found = self.files[url]
        if isinstance(found, RemoteError):
            raise found
        assert len(found) <= max_bytes
        return found


def load(remote: Remote, shelf: Shelf | None = None, **source: Any) -> Loaded[Snapshot]:
    named = SnapshotSource(**{"url": URL, **source})
    return load_snapshot(
        MemoryFiles({}),
        named,
        NAMING,
        manifest_path="data/release.yaml",
        shelf=shelf or MemoryShelf(),
        remote=remote,
    )


def test_a_snapshot_at_a_url_is_read_as_a_file_is_and_bound_to_its_bytes() -> None:
    data = coco(1, 2)
    found = load(Web({URL: data}), digest=digest(data))
    assert found.value is not None
    assert [(one.item, one.box) for one in found.value.annotations] == [
        ("a.jpg", (1, 1, 2, 2)),
        ("a.jpg", (2, 1, 2, 2)),
    ]
    assert found.value.items[0].split == "train"
    assert found.value.digest == digest(data)
    assert found.used == EvidenceUsed(
        source="https://data.example.org/street/train.json", digest=digest(data)
    )


def test_a_known_digest_is_never_fetched_again_wherever_the_server_is() -> None:
    data = coco(1, 2)
    web, shelf = Web({URL: data}), MemoryShelf()
    first, again = (load(web, shelf, digest=digest(data)) for _ in range(2))
    assert again == first
    assert web.fetched == [URL]
    gone = Web({URL: RemoteError("the server cannot be reached", "Wait.")})
    assert load(gone, shelf, digest=digest(data)) == first
    assert [one.code for one in load(gone, shelf, digest=digest(b"x")).problems] == ["evidence.unreachable"]


def test_what_is_on_the_shelf_is_not_shown_when_its_place_is_no_longer_allowed() -> None:
    data = coco(1)
    shelf = MemoryShelf()
    assert load(Web({URL: data}), shelf, digest=digest(data)).value is not None
    assert [one.code for one in load(NOWHERE, shelf, digest=digest(data)).problems] == [
        "evidence.host-not-allowed"
    ]


@pytest.mark.parametrize(
    ("remote", "source", "code", "line"),
    [
        (NOWHERE, {"digest": digest(b"")}, "evidence.host-not-allowed", 4),
        (Web(), {"url": "s3://bucket/key", "digest": digest(b"")}, "evidence.host-not-allowed", 4),
        (Web(), {}, "evidence.url-without-digest", 4),
        (Web(), {"digest": f"gittree:{'0' * 40}"}, "evidence.url-without-digest", 4),
        (Web({URL: coco(1)}), {"digest": digest(coco(2))}, "evidence.digest-mismatch", 5),
        (Web({URL: RemoteError("it does not exist", "Look.")}), {"digest": digest(b"")}, "evidence.unreachable", 4),
        (Web({URL: TooLargeRemoteError("it is", "Split.")}), {"digest": digest(b"")}, "evidence.too-large", 4),
        (Web({URL: NoDriverError("none", "Install.")}), {"digest": digest(b"")}, "evidence.no-driver", 4),
        (Web({URL: b"?"}), {"digest": digest(b"?")}, "snapshot.unknown-format", 4),
        (Web({URL: coco(1)}), {"digest": digest(coco(1)), "format": "yolo"}, "snapshot.not-a-directory", 4),
        (Web({URL: b'{"images": 1}'}), {"digest": digest(b'{"images": 1}')}, "snapshot.not-coco", 4),
    ],
)  # fmt: skip
def test_what_cannot_be_had_is_named_at_the_manifest(
    remote: Remote, source: Mapping[str, Any], code: str, line: int
) -> None:
    found = load(remote, **source)
    assert found.value is None
    assert {(one.code, one.file, one.line) for one in found.problems} == {(code, "data/release.yaml", line)}
    assert all(one.text.endswith(".") and one.fix.endswith(".") for one in found.problems)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        (URL, "data.example.org"),
        ("https://a.org:8443/x", "a.org:8443"),
        ("s3://bucket/key", "s3://bucket"),
        ("gs://b", "gs://b"),
    ],
)
def test_the_cure_names_what_the_operator_would_allow(url: str, place: str) -> None:
    (problem,) = load(NOWHERE, url=url).problems
    assert problem.fix == (
        f'Commit the file and name it by `path`, or ask the operator to add "{place}" to EVIDENCE_HOSTS.'
    )


def test_nothing_can_be_fetched_from_nowhere() -> None:
    assert not NOWHERE.allows(URL)
    with pytest.raises(RemoteError, match="nothing is fetched here"):
        NOWHERE.fetch(URL, max_bytes=1)


def test_lines_of_the_file_are_told_in_words() -> None:
    data = coco(1, 2).replace(b'"annotations"', b'\n"annotations"').replace(b"[2, 1, 2, 2]", b"[2, 1, -2, 2]")
    (problem,) = load(Web({URL: data}), digest=digest(data)).problems
    assert (problem.code, problem.line) == ("snapshot.bad-box", 4)
    assert problem.text.startswith("Line 2 of the file: ")


def test_findings_of_gates_name_no_file_that_is_in_no_repository() -> None:
    was, now = (load(Web({URL: data}), digest=digest(data)) for data in (coco(1), coco(5)))
    answer = check(snapshot=now, baseline=was, baseline_name="1", intent=(), rule=CompareRule())
    assert [(one.code, one.file, one.line) for one in answer.findings] == [
        ("compare.undeclared-move", None, None)
    ]
    finding = Finding(code="x", text="x", fix="x")
    assert placed(finding, now, 3) == finding
    assert placed(finding, Loaded(value=1, used=EvidenceUsed(source="a/b", digest="")), 3).file == "a/b"
    assert placed(finding, Loaded(value=1)) == finding


def test_the_baseline_of_the_base_branch_may_be_at_a_url_too() -> None:
    data = coco(1)
    before = Manifest.model_validate_json(
        json.dumps(
            {
                "dataset": "street",
                "version": "1",
                "schema": {"path": "l"},
                "snapshot": {"url": URL, "digest": digest(data)},
            }
        )
    )
    for remote, codes in ((Web({URL: data}), []), (NOWHERE, ["evidence.host-not-allowed"])):
        found, name = load_baseline(
            "1",
            MemoryFiles({}),
            (before, "data/release.yaml"),
            CompareRule(),
            NAMING,
            shelf=MemoryShelf(),
            remote=remote,
        )
        assert ([one.code for one in found.problems], name) == (codes, "1")
        assert (found.value is None) is bool(codes)
