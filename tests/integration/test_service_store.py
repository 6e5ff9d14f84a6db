"""The store over a real PostgreSQL."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from bot.evaluation.trees import TreeFiles
from bot.evidence.shelf import MemoryShelf
from bot.evidence.snapshots import load_snapshot
from bot.evidence.sources import Naming
from bot.forges.base import Repository
from bot.manifest import Source
from bot.publications import Publication, PublicationKind
from bot.reconcile.cache import CachedReader
from bot.store import Delivery, Installation, PullRequestState, Store
from bot.store.evaluations import RecordedEvaluation
from tests.fakes.commits import Commits

pytestmark = pytest.mark.slow

REPOSITORY = Repository(forge="github", id=7, full_name="acme/streets", installation=70)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_a_delivery_is_recorded_once(store: Store) -> None:
    delivery = Delivery(forge="github", id="a-1", event="push", outcome="ignored")
    with store.transaction() as connection:
        assert store.add_delivery(delivery, connection=connection)
    with store.transaction() as connection:
        assert not store.add_delivery(delivery, connection=connection)
    assert store.last_delivery_at("github") is not None
    assert store.last_delivery_at("gitlab") is None


def test_a_delivery_rolls_back_with_its_transaction(store: Store) -> None:
    class LostConnectionError(Exception): ...

    delivery = Delivery(forge="github", id="a-1", event="push", outcome="queued")
    with pytest.raises(LostConnectionError), store.transaction() as connection:  # noqa: PT012
        store.add_delivery(delivery, connection=connection)
        raise LostConnectionError
    with store.transaction() as connection:
        assert store.add_delivery(delivery, connection=connection)


def test_old_deliveries_are_forgotten(store: Store) -> None:
    with store.transaction() as connection:
        store.add_delivery(
            Delivery(forge="github", id="a-1", event="push", outcome="ignored"), connection=connection
        )
    assert store.delete_old_deliveries(timedelta(days=30)) == 0
    assert store.delete_old_deliveries(timedelta(0)) == 1


def test_publications_are_kept_in_their_order_and_never_rewritten(store: Store) -> None:
    def shown(fingerprint: str, at: datetime, head: str) -> Publication:
        return Publication(
            release_key="streets",
            kind=PublicationKind.FINAL,
            fingerprint=fingerprint,
            at=at,
            head_sha=head * 40,
        )

    later, first = shown("b", NOON + timedelta(hours=1), "1"), shown("a", NOON, "1")
    again = shown("c", NOON, "2")
    store.add_publications(REPOSITORY, 3, [later, first])
    store.add_publications(REPOSITORY, 3, [again])
    assert store.publications(REPOSITORY, 3).known == (first, again, later)
    assert store.publications(REPOSITORY, 4).known == ()


def test_an_evaluation_is_recorded_only_when_something_changed(store: Store) -> None:
    def evaluation(decision: str, at: datetime) -> RecordedEvaluation:
        return RecordedEvaluation(
            number=3,
            head_sha="a" * 40,
            base_sha="b" * 40,
            decision=decision,
            fingerprint="f1",
            report={"file": "nul\x00 and \ud800"},
            evaluated_at=at,
        )

    assert store.last_evaluation(REPOSITORY, 3) is None
    assert store.record_evaluation(REPOSITORY, evaluation("blocked", NOON))
    assert not store.record_evaluation(REPOSITORY, evaluation("blocked", NOON + timedelta(minutes=1)))
    assert store.record_evaluation(REPOSITORY, evaluation("ready", NOON + timedelta(minutes=2)))
    assert store.last_evaluation(REPOSITORY, 3) == evaluation("ready", NOON + timedelta(minutes=2))
    assert store.last_evaluation(REPOSITORY, 4) is None


def test_states_are_kept_until_the_pull_request_is_closed(store: Store) -> None:
    state = PullRequestState(head_sha="a" * 40, inputs_key="k", decision="ready", next_look_at=NOON)
    store.save_state(REPOSITORY, 3, state)
    assert store.state(REPOSITORY, 3) == state
    store.look_again_at(REPOSITORY, 3, NOON + timedelta(hours=1))
    again = store.state(REPOSITORY, 3)
    assert again is not None
    assert (again.decision, again.next_look_at) == ("ready", NOON + timedelta(hours=1))
    store.forget_state(REPOSITORY, 3)
    assert store.state(REPOSITORY, 3) is None


def test_the_longest_waiting_pull_requests_are_claimed_once_and_come_up_again(store: Store) -> None:
    for number in range(1, 6):
        store.look_again_at(REPOSITORY, number, NOON - timedelta(minutes=number))
    store.look_again_at(REPOSITORY, 9, NOON + timedelta(hours=3))

    def claim(now: datetime) -> set[int]:
        with store.transaction() as connection:
            due = store.claim_due(now=now, limit=3, lease=timedelta(minutes=5), connection=connection)
        assert all(repository == REPOSITORY for repository, _ in due)
        return {number for _, number in due}

    assert claim(NOON) == {5, 4, 3}
    assert claim(NOON) == {2, 1}
    assert claim(NOON) == set()
    assert len(claim(NOON + timedelta(minutes=5))) == 3


def test_blobs_are_cached_per_repository_and_the_least_used_are_evicted(store: Store) -> None:
    other = Repository(forge="github", id=8, full_name="acme/other", installation=70)
    store.add_blob(REPOSITORY, "1" * 40, b"x" * 60)
    assert store.blob(REPOSITORY, "1" * 40) == b"x" * 60
    assert store.blob(other, "1" * 40) is None
    store.add_blob(REPOSITORY, "2" * 40, b"y" * 60)
    with store.connection() as connection:
        connection.execute("UPDATE blobs SET used_at = now() - make_interval(hours => 6 - left(oid, 1)::int)")
    assert store.blob(REPOSITORY, "1" * 40) is not None
    assert store.evict_blobs(keep_bytes=100) == 1
    assert store.blob(REPOSITORY, "2" * 40) is None
    assert store.blob(REPOSITORY, "1" * 40) is not None


@dataclass
class Desk:
    """A forge that serves the blobs of commits, one request each."""

    commits: Commits
    repository: Repository = REPOSITORY

    def blob(self, oid: str, *, max_bytes: int) -> bytes:
        return self.commits.blob(oid, max_bytes=max_bytes)


def test_of_a_thousand_label_files_the_changed_one_alone_costs_a_request(store: Store) -> None:
    commits = Commits()
    desk = Desk(commits)
    rows = {f"d/labels/{n}.txt": f"0 0.5 0.5 0.{n + 1:04} 0.1\n" for n in range(1_000)}
    lists = {"d/train.txt": "".join(f"images/{n}.jpg\n" for n in range(1_000))}
    base = commits.commit({"d/data.yaml": "train: train.txt\nnames: [car]\n", **lists, **rows})
    head = commits.commit({"d/labels/7.txt": "0 0.5 0.5 0.5 0.5\n"}, onto=base)
    naming = Naming(file="release.yaml", key=("snapshot",), what="The snapshot", line=lambda _: 1)
    requests = []
    for sha in (base, head, head):
        files = TreeFiles(commits.tree(sha), CachedReader(desk, store).blob)  # type: ignore[arg-type]
        before = len(commits.read)
        loaded = load_snapshot(
            files, Source(path="/d"), naming, manifest_path="release.yaml", shelf=MemoryShelf()
        )
        assert loaded.value is not None
        assert len(loaded.value.annotations) == 1_000
        requests.append(len(commits.read) - before)
    assert requests == [1_002, 1, 0]


def test_a_blob_too_large_for_the_cache_is_not_cached(store: Store) -> None:
    store.add_blob(REPOSITORY, "1" * 40, bytes(16 * 1024 * 1024 + 1))
    assert store.blob(REPOSITORY, "1" * 40) is None


def test_installations_are_listed_until_suspended_or_deleted(store: Store) -> None:
    installation = Installation(forge="github", id=70, account="acme")
    store.look_again_at(REPOSITORY, 1, NOON)
    with store.transaction() as connection:
        store.save_installation(installation, connection=connection)
    assert store.installations("github") == (installation,)
    with store.transaction() as connection:
        store.save_installation(
            Installation(forge="github", id=70, account="acme", suspended=True), connection=connection
        )
    assert store.installations("github") == ()
    with store.transaction() as connection:
        store.delete_installation("github", 70, connection=connection)
    assert store.state(REPOSITORY, 1) is None


def test_worker_deaths_are_counted_until_a_worker_survives(store: Store) -> None:
    assert [store.add_death("k", "job 1"), store.add_death("k", "job 2"), store.deaths("k")] == [1, 2, 2]
    store.forget_deaths("k")
    assert store.deaths("k") == 0


def test_the_same_death_counts_once(store: Store) -> None:
    assert [store.add_death("k", "job 1"), store.add_death("k", "job 1")] == [1, 1]
