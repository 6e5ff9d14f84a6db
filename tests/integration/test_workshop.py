"""Large releases are answered by a process of their own, under a budget, and never read twice."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.answers import Answer, Outcome
from bot.evaluation.answering import Questions
from bot.evaluation.evaluate import evaluate, survey
from bot.evaluation.people import Context
from bot.evidence.coco import read_coco
from bot.evidence.frame_builder import frame_of
from bot.evidence.frame_rows import snapshot_of
from bot.evidence.model import Snapshot
from bot.evidence.shelf import Kept
from bot.forges.errors import ForgeError
from bot.manifest import Manifest
from bot.policy import CompareRule, GateRules
from bot.releases import Release
from bot.remote.environment import remote_from
from bot.remote.fetching import RemoteFiles
from bot.remote.places import Places
from bot.shelf import DirectoryShelf
from bot.workshop import Budget, Workshop, WorkshopError, may_fetch
from tests.fakes.commits import Commits
from tests.fakes.file_server import dripping, serving

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FOLDER = "data/street"
POLICY = f"""\
version: 1
datasets:
  - name: street
    manifest: {FOLDER}/release.yaml
    watch: ["{FOLDER}/**"]
"""


def coco(boxes: int, *, moved: int = 0, images: int = 10) -> str:
    return json.dumps(
        {
            "images": [{"id": n, "file_name": f"{n}.jpg"} for n in range(images)],
            "categories": [{"id": 1, "name": "car"}],
            "annotations": [
                {"id": n, "image_id": n % 10, "category_id": 1, "bbox": [n, 5 + (n < moved), 3, 4]}
                for n in range(boxes)
                if n % 10 < images
            ],
        }
    )


def manifest(version: str, rest: str = "") -> str:
    return (
        f'dataset: street\nversion: "{version}"\nschema: {{path: labels.jsonl}}\nintent: []\n'
        f"snapshot: {{path: snapshot.json, format: coco}}\n{rest}"
    )


class Counting:
    """Commits that count how often each blob is read."""

    def __init__(self, commits: Commits) -> None:
        self.commits, self.reads = commits, 0

    def tree(self, sha: str) -> object:
        return self.commits.tree(sha)

    def blob(self, oid: str, *, max_bytes: int) -> bytes:
        data = self.commits.blob(oid, max_bytes=max_bytes)
        self.reads += len(data) > 1000
        return data

    def history(self, path: str, sha: str) -> Iterator[str]:
        return self.commits.history(path, sha)


def world(boxes: int = 200) -> tuple[Commits, str, str]:
    commits = Commits()
    base = commits.commit(
        {
            ".sevengates.yaml": POLICY,
            "CODEOWNERS": "* @ana\n",
            f"{FOLDER}/release.yaml": manifest("1"),
            f"{FOLDER}/labels.jsonl": '{"id": "1", "name": "car"}\n',
            f"{FOLDER}/snapshot.json": coco(boxes),
        }
    )
    changes = {
        f"{FOLDER}/release.yaml": manifest("2", 'baseline: "1"\n'),
        f"{FOLDER}/snapshot.json": coco(boxes, moved=3),
    }
    return commits, base, commits.commit(changes, onto=base)


def released(reader: object, base: str, head: str, commits: Commits, workshop: Workshop) -> Release:
    found = survey(reader, commits.revisions(base, head), dialect="github")  # type: ignore[arg-type]
    context = Context(number=1, base_ref="main", now=NOW, answering=workshop)
    (release,) = evaluate(reader, found, context).releases  # type: ignore[arg-type]
    return release


def compared(reader: object, base: str, head: str, commits: Commits, workshop: Workshop) -> Answer:
    release = released(reader, base, head, commits, workshop)
    return next(answer for answer in release.answers if answer.gate == "snapshot_compare")


@pytest.mark.slow
def test_a_child_process_gives_the_answers_of_the_service_itself_and_reads_each_snapshot_once(
    tmp_path: Path,
) -> None:
    commits, base, head = world()
    reader = Counting(commits)
    here = compared(reader, base, head, commits, Workshop(folder=tmp_path / "a"))
    assert (here.outcome, here.codes) == (Outcome.FAILED, ("compare.undeclared-move",))
    assert reader.reads == 2
    child = Workshop(folder=tmp_path / "b", large=0)
    assert [compared(reader, base, head, commits, child) for _ in range(2)] == [here, here]
    assert reader.reads == 4


@pytest.mark.slow
def test_the_files_of_items_come_from_a_child_process_as_from_the_service_itself(tmp_path: Path) -> None:
    commits, base, head = world()
    head = commits.commit({f"{FOLDER}/snapshot.json": coco(200, images=7)}, onto=head)
    here, child = (
        released(commits, base, head, commits, Workshop(folder=tmp_path / str(large), large=large))
        for large in (1 << 30, 0)
    )
    assert here.item_files == child.item_files
    assert {"7.jpg", "8.jpg", "9.jpg"} <= set(here.item_files.values())


@pytest.mark.slow
@pytest.mark.parametrize("budget", [Budget(memory=150 << 20), Budget(seconds=0.01)], ids=["memory", "time"])
def test_a_snapshot_over_budget_is_a_vague_answer_that_names_the_budget(
    budget: Budget, tmp_path: Path
) -> None:
    commits, base, head = world(boxes=100_000)
    answer = compared(commits, base, head, commits, Workshop(folder=tmp_path, budget=budget, large=0))
    assert (answer.outcome, answer.codes) == (Outcome.VAGUE, ("evidence.over-budget",))


PARQUET = {"snapshot": "s.parquet", "s.parquet": "PAR1"}
LABELS = {
    "snapshot": "d",
    "d/data.yaml": "train: train.txt\nnames: [car]\n",
    "d/train.txt": "".join(f"images/{n}.jpg\n" for n in range(100)),
    **{f"d/labels/{n}.txt": "0 0.5 0.5 0.1 0.1\n" for n in range(100)},
}


@pytest.mark.slow
@pytest.mark.parametrize(("files", "in_a_child"), [(PARQUET, True), (LABELS, True), ({}, False)])
def test_parquet_and_many_small_files_are_read_in_a_child(
    files: dict[str, str], in_a_child: bool, tmp_path: Path
) -> None:
    commits, base, _ = world()
    told = manifest("2", 'baseline: "1"\n').replace("snapshot.json, format: coco", files.get("snapshot", "x"))
    changed = {name: data for name, data in files.items() if name != "snapshot"}
    head = commits.commit(
        {f"{FOLDER}/{name}": data for name, data in {"release.yaml": told, **changed}.items()}, onto=base
    )
    workshop = Workshop(folder=tmp_path, budget=Budget(seconds=0.0), large=35_000)
    codes = compared(commits, base, head, commits, workshop).codes
    assert ("evidence.over-budget" in codes) is in_a_child


@pytest.mark.slow
def test_over_budget_without_the_large_files_too_every_answer_is_vague(
    tmp_path: Path,
) -> None:
    commits, base, head = world()
    found = survey(commits, commits.revisions(base, head), dialect="github")
    workshop = Workshop(folder=tmp_path, budget=Budget(seconds=0.0), large=0)
    context = Context(number=1, base_ref="main", now=NOW, answering=workshop)
    (release,) = evaluate(commits, found, context).releases
    codes = [answer.codes for answer in release.answers[:-1]]
    assert codes == [("evidence.over-budget",)] * 6
    assert "more than its budget" in release.answers[0].headline


@pytest.mark.slow
def test_what_fails_in_the_child_fails_the_evaluation(tmp_path: Path) -> None:
    commits, base, head = world()

    class Failing(Counting):
        def blob(self, oid: str, *, max_bytes: int) -> bytes:
            data = super().blob(oid, max_bytes=max_bytes)
            if len(data) > 1000:
                raise ForgeError("the forge is down")
            return data

    workshop = Workshop(folder=tmp_path, large=0)
    with pytest.raises(ForgeError, match="the forge is down"):
        compared(Failing(commits), base, head, commits, workshop)
    (tmp_path / "file").write_text("in the way")
    assert issubclass(WorkshopError, Exception)


def snapshot() -> Snapshot:
    found = read_coco(coco(20).encode(), file="train.json").value
    assert found
    return found


def test_a_kept_snapshot_comes_back_as_it_was(tmp_path: Path) -> None:
    shelf = DirectoryShelf(tmp_path / "shelf")
    assert shelf.find("k") is None
    kept = shelf.keep("k", Kept(frame=frame_of(snapshot()), digest="sha256:1"))
    assert isinstance(kept.frame.items.source, str)
    again = shelf.find("k")
    assert again == kept
    assert again
    assert snapshot_of(again.frame) == snapshot()
    assert shelf.keep("k", kept) == kept


def test_the_shelf_keeps_to_its_limit_and_lets_the_oldest_go(tmp_path: Path) -> None:
    shelf = DirectoryShelf(tmp_path, limit=20_000)
    for n in range(5):
        shelf.keep(str(n), Kept(frame=frame_of(snapshot()), digest="sha256:1"))
    assert shelf.find("0") is None
    assert shelf.find("4") is not None


def test_a_shelf_that_cannot_be_written_keeps_nothing_and_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    kept = Kept(frame=frame_of(snapshot()), digest="sha256:1")
    assert DirectoryShelf(tmp_path / "file").keep("k", kept) is kept


def at_a_url(world_: tuple[Commits, str, str], url: str, data: bytes) -> tuple[Commits, str, str]:
    """The same release with the candidate snapshot at a URL; nothing but its name is committed."""
    commits, base, head = world_
    digest = hashlib.sha256(data).hexdigest()
    source = f'snapshot: {{url: "{url}", digest: "sha256:{digest}", format: coco}}\n'
    told = manifest("2", 'baseline: "1"\n').replace("snapshot: {path: snapshot.json, format: coco}\n", source)
    return commits, base, commits.commit({f"{FOLDER}/release.yaml": told}, onto=head)


@pytest.mark.slow
def test_a_snapshot_at_a_url_is_fetched_by_the_child_once_and_compared(tmp_path: Path) -> None:
    data = coco(200, moved=3).encode()
    with serving(tmp_path) as server:
        server.answers["/street/v2.json"] = data
        commits, base, head = at_a_url(world(), server.url("/street/v2.json"), data)
        remote = RemoteFiles(places=Places.of(private=server.host), authorities=server.authorities)
        workshop = Workshop(folder=tmp_path / "shelf", remote=remote)
        answers = [compared(commits, base, head, commits, workshop) for _ in range(2)]
        assert [(one.outcome, one.codes) for one in answers] == [
            (Outcome.FAILED, ("compare.undeclared-move",))
        ] * 2
        assert [path for path, _ in server.asked] == ["/street/v2.json"]
        (used, _) = answers[0].evidence
        assert used.source == server.url("/street/v2.json")


@pytest.mark.slow
def test_a_snapshot_that_drips_from_its_url_costs_its_own_answer_only(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        server.answers["/slow"] = dripping(0.1)
        commits, base, head = at_a_url(world(), server.url("/slow"), b"")
        for seconds, budget, code in (
            (60.0, 3.0, "evidence.over-budget"),
            (1.0, 60.0, "evidence.unreachable"),
        ):
            remote = RemoteFiles(
                places=Places.of(private=server.host), authorities=server.authorities, seconds=seconds
            )
            workshop = Workshop(folder=tmp_path / "shelf", budget=Budget(seconds=budget), remote=remote)
            answer = compared(commits, base, head, commits, workshop)
            assert (answer.outcome, answer.codes) == (Outcome.VAGUE, (code,))


def test_by_default_no_url_is_fetched_and_the_answer_says_so(tmp_path: Path) -> None:
    commits, base, head = at_a_url(world(), "https://127.0.0.1:1/x", b"")
    answer = compared(commits, base, head, commits, Workshop(folder=tmp_path))
    assert (answer.outcome, answer.codes) == (Outcome.VAGUE, ("evidence.host-not-allowed",))


@pytest.mark.parametrize(
    ("url", "baseline", "remote", "fetches"),
    [
        ("https://a.org/x", "last-release", "a.org", True),
        ("https://a.org/x", "last-release", "b.org", False),
        ("https://a.org/x", "last-release", "", False),
        (None, "last-release", "a.org", False),
        (None, "/other.yaml", "a.org", True),
        (None, "/other.yaml", "", False),
    ],
)
def test_only_what_may_be_fetched_makes_a_small_release_large(
    url: str | None, baseline: str, remote: str, fetches: bool
) -> None:
    source = {"path": "x"} if url is None else {"url": url}
    content = {"dataset": "d", "version": "1", "schema": {"path": "l"}, "snapshot": source}
    questions = Questions(
        manifest=Manifest.model_validate_json(json.dumps(content)),
        path="release.yaml",
        before=None,
        base_path=None,
        rules=GateRules(compare=CompareRule(baseline=baseline)),
        downstream=(),
        now=NOW,
    )
    assert may_fetch(questions, remote_from({"EVIDENCE_HOSTS": remote})) is fetches
