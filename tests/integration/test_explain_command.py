"""`/sevengates explain <gate>`, from the signed delivery to the one comment."""

import pytest

from bot.gates import explain
from bot.report.wording import spoken
from tests.fakes.service import Service

pytestmark = pytest.mark.slow


def test_an_explanation_appears_in_the_one_comment_and_stays(service: Service) -> None:
    pull = service.release()
    asked = service.say(pull, "/sevengates explain snapshot_compare", by="dana")
    service.settle()
    assert spoken(explain("snapshot_compare"), service.words).splitlines()[-1] in service.comment(pull)
    assert service.site.reactions(pull, asked) == ["eyes"]
    service.push({"NOTES.md": "An unrelated note.\n"})
    service.settle()
    assert "<summary>Gate 5:" in service.comment(pull)
    assert "Gate 5: does" not in service.check(pull).text


def test_who_may_only_read_is_not_answered(service: Service) -> None:
    pull = service.release()
    before = service.comment(pull)
    asked = service.say(pull, "/sevengates explain 5", by="eve")
    service.settle()
    assert service.comment(pull) == before
    assert service.site.reactions(pull, asked) == []
