"""Which accounts of GitLab are people, as far as their name tells, and who co-authored a commit."""

import pytest

from bot.forges.gitlab.view import account
from bot.forges.gitlab.wire import User
from bot.forges.trailers import co_authors, mail_in


@pytest.mark.parametrize(
    ("username", "human"),
    [
        ("ana", True),
        ("project_lead", True),
        ("my_project_7_bot", True),
        ("project_7_bot", False),
        ("group_114_bot2", False),
        ("project_7_bot_0123456789abcdef", False),
        ("service_account_0123456789abcdef", False),
        ("service_account_group_7_0123456789abcdef", False),
    ],
)
def test_accounts_of_tokens_are_known_by_their_names(username: str, human: bool) -> None:
    made = account(User(id=7, username=username))
    assert made is not None
    assert made.human is human


def test_a_bot_is_no_person_whatever_it_is_called() -> None:
    made = account(User(id=7, username="ana", bot=True))
    assert made is not None
    assert not made.human


@pytest.mark.parametrize("user", [None, User()])
def test_nobody_is_no_account(user: User | None) -> None:
    assert account(user) is None


def test_co_authors_are_the_values_of_their_trailers() -> None:
    message = "Fix\n\nCo-authored-by: Ana <ana@work.example>\nCO-AUTHORED-BY:  @carl \nNot-Co-authored-by: x"
    assert co_authors(message) == ("Ana <ana@work.example>", "@carl")
    assert [mail_in(one) for one in co_authors(message)] == ["ana@work.example", ""]
