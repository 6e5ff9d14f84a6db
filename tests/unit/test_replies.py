"""Which questions of `/sevengates explain` are answered."""

from bot.forges.base import Account
from bot.reconcile.replies import explained_gates
from tests.fakes.people import account, activity, at, comment

ANA, DANA, EVE = account(1, "ana"), account(2, "dana"), account(3, "eve", can_write=False)


def members(owner: str) -> tuple[Account, ...]:
    return tuple(one for one in (ANA, DANA, EVE) if f"@{one.login}" == owner)


def asked(*said: tuple[Account, str]) -> tuple[str, ...]:
    comments = tuple(comment(n, by, body, at(n)) for n, (by, body) in enumerate(said))
    return explained_gates(activity(comments=comments), members)


def test_gates_are_explained_once_in_the_order_of_asking() -> None:
    assert asked(
        (DANA, "/sevengates explain snapshot_compare"),
        (ANA, "/sevengates explain 1"),
        (DANA, "/sevengates explain 5"),
        (DANA, "/sevengates explain everything"),
        (DANA, "/sevengates recheck"),
        (DANA, "Could you explain 2?"),
    ) == ("snapshot_compare", "schema_stable")


def test_who_may_not_write_gets_no_explanation() -> None:
    stranger = account(4, "mallory")
    assert asked((EVE, "/sevengates explain 1"), (stranger, "/sevengates explain 2")) == ()


def test_an_account_that_took_over_a_login_may_not_ask() -> None:
    assert asked((account(99, "ana"), "/sevengates explain 1")) == ()


def test_an_edited_comment_asks_nothing() -> None:
    edited = comment(1, ANA, "/sevengates explain 1", at(1), edited=True)
    assert explained_gates(activity(comments=(edited,)), members) == ()
