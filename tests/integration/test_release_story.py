"""The main story, word for word: from signed deliveries to the check and the comment people read."""

import pytest
from syrupy.assertion import SnapshotAssertion

from demo import seed
from tests.fakes.service import Service
from tests.fakes.site import MergeRefusedError

pytestmark = pytest.mark.slow


def test_a_release_goes_from_red_over_ready_to_merged(service: Service, snapshot: SnapshotAssertion) -> None:
    service.push(seed.candidate(service.start), message="Release v2")
    pull = service.open()

    def shows(step: str, state: str) -> None:
        check = service.check(pull)
        assert check.state == state
        assert check == snapshot(name=f"{step}: check")
        assert service.comment(pull) == snapshot(name=f"{step}: comment")

    service.settle()
    shows("1 opened with honest problems", "failure")
    for fix in seed.fixes(service.start):
        service.push(fix.files, message=fix.title)
        service.settle()
    shows("2 cured", "pending")
    with pytest.raises(MergeRefusedError, match=service.site.refusal):
        service.site.merge(pull, by="ana")
    service.approve(pull, by="bob")
    service.settle()
    shows("3 approved by somebody who does not lead", "pending")
    service.approve(pull, by="ana")
    service.settle()
    shows("4 approved by the lead", "success")
    service.push({"NOTES.md": "An unrelated note.\n"})
    service.settle()
    assert service.check(pull).state == "success"
    service.site.merge(pull, by="ana")
    service.settle()
    assert service.state(pull) is None
