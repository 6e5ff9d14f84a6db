"""Targets and lookups survive the queue, and have a key of their own."""

import json

from bot.forges.base import Repository
from bot.targets import Lookup, Target

REPOSITORY = Repository(forge="github", id=7, full_name="acme/streets", installation=70)


def test_targets_and_lookups_survive_the_queue_as_json() -> None:
    target = Target(repository=REPOSITORY, merge_group_head="a", merge_group_base="b", merge_group_ref="c")
    lookup = Lookup(repository=REPOSITORY, head_sha="a" * 40)
    assert Target.from_job(json.loads(json.dumps(target.to_job()))) == target
    assert Lookup.from_job(json.loads(json.dumps(lookup.to_job()))) == lookup


def test_different_questions_have_different_keys() -> None:
    jobs = [
        Target(repository=REPOSITORY, number=1),
        Target(repository=REPOSITORY, merge_group_head="1"),
        Lookup(repository=REPOSITORY),
        Lookup(repository=REPOSITORY, head_sha="1"),
        Lookup(repository=REPOSITORY, base_ref="1"),
    ]
    assert len({job.key for job in jobs}) == len(jobs)
    assert jobs[0].key == "github/7/pull/1"
