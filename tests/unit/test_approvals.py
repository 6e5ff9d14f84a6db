"""Whose approval counts: a matrix of people and reviews against an independent oracle."""

from dataclasses import dataclass, field, replace
from itertools import product

import pytest

from bot.approvals import Candidate, IgnoredApproval, Judgement, Role, candidates, judge_reviews
from bot.forges.base import Account, Activity, Review, ReviewState
from bot.publications import Publications
from tests.fakes.people import account, activity, at, commit, published, review

AUTHOR = account(1, "author")
LEAD = account(2, "ana")
DEPUTY = account(3, "dora")
PRINT = "r7k29f3c00000000"
SHOWN = at(0)
ALL = published({"another": at(-90), PRINT: SHOWN}, on={"another": "other"})
ALL |= published({PRINT: at(-120)}, on={PRINT: "old"})
BEFORE, SAME, AFTER = at(-5), at(0), at(5)


@dataclass(frozen=True)
class Person:
    """One row: who reviews, what else they did, and whether they may decide at all."""

    name: str
    account: Account
    may: bool
    activity: Activity = field(default_factory=lambda: Activity(commits=(commit("c1", AUTHOR),)))
    leads: tuple[Account, ...] = (LEAD,)
    deputies: tuple[Account, ...] = (DEPUTY,)
    author: Account = AUTHOR


def with_commit(*commits: object, **more: object) -> Activity:
    return activity(commits=(commit("c1", AUTHOR), *commits), **more)


ROBOT = account(9, "robot", human=False)
READER = account(2, "ana", can_write=False)
PEOPLE = [
    Person("the lead", LEAD, True),
    Person("a deputy", DEPUTY, True),
    Person("the lead under a new login", account(2, "ana-renamed"), True),
    Person("somebody who took the lead's old login", account(77, "ana"), False),
    Person("an outsider", account(8, "eve"), False),
    Person("the author", AUTHOR, False, leads=(AUTHOR,)),
    Person("the lead who is the author", LEAD, False, author=LEAD),
    Person("the lead who wrote a commit", LEAD, False, with_commit(commit("c2", LEAD))),
    Person("the lead who committed for another", LEAD, False, with_commit(commit("c2", AUTHOR, LEAD))),
    Person(
        "the lead named co-author", LEAD, False, with_commit(commit("c2", AUTHOR, co="ana <a@x.example>"))
    ),
    Person(
        "the lead by noreply address",
        LEAD,
        False,
        with_commit(commit("c2", AUTHOR, co="A. N. A. <2+ana@users.noreply.github.com>")),
    ),
    Person(
        "the lead by old noreply address",
        LEAD,
        False,
        with_commit(commit("c2", AUTHOR, co="A <ANA@users.noreply.github.com>")),
    ),
    Person(
        "the lead by the noreply address of an older login",
        LEAD,
        False,
        with_commit(commit("c2", AUTHOR, co="A <2+old-login@users.noreply.github.com>")),
    ),
    Person(
        "the lead by GitLab's noreply address",
        LEAD,
        False,
        with_commit(commit("c2", AUTHOR, co="A <2-ana@users.noreply.gitlab.com>")),
    ),
    Person(
        "another person's noreply address",
        LEAD,
        True,
        with_commit(commit("c2", AUTHOR, co="A <22+anabel@users.noreply.github.com>")),
    ),
    Person(
        "the lead mapped as co-author",
        LEAD,
        False,
        activity(commits=(replace(commit("c2", AUTHOR), co_author_accounts=(LEAD,)),)),
    ),
    Person("the lead who pushed", LEAD, False, with_commit(pushers=(LEAD,))),
    Person("a lead beside another pusher", LEAD, True, with_commit(pushers=(AUTHOR,))),
    Person("the lead without write access", READER, False, leads=(READER,)),
    Person("a bot named as lead", ROBOT, False, leads=(ROBOT,)),
    Person("the lead when commits are missing", LEAD, False, with_commit(commits_complete=False)),
    Person("the lead beside an unknown author", LEAD, True, with_commit(commit("c3", None))),
    Person("the lead who is a deputy too", LEAD, True, deputies=(LEAD, DEPUTY)),
]

A, C, N, D = (
    ReviewState.APPROVED,
    ReviewState.CHANGES_REQUESTED,
    ReviewState.COMMENTED,
    ReviewState.DISMISSED,
)
P = ReviewState.PENDING
HISTORIES: list[tuple[str, list[tuple[ReviewState, int, str | None]], bool, bool]] = [
    # name, (state, seconds after publication, commit), counts by default, counts when strict
    ("approved after it was shown", [(A, 5, "head")], True, True),
    ("approved before it was shown", [(A, -5, "head")], False, False),
    ("approved in the same second", [(A, 0, "head")], False, False),
    ("approved on an older commit that showed it", [(A, 5, "old")], True, False),
    ("approved on the page of another release", [(A, 5, "other")], False, False),
    ("approved on a commit nothing was shown for", [(A, 5, "unseen")], False, False),
    ("approved on no commit", [(A, 5, None)], True, False),
    ("re-pointed to the head by the forge", [(A, -60, "head")], False, False),
    ("dismissed", [(D, 5, "head")], False, False),
    ("approved, then changes requested", [(A, 5, "head"), (C, 6, "head")], False, False),
    ("changes requested, then approved", [(C, 4, "head"), (A, 5, "head")], True, True),
    ("approved, then commented", [(A, 5, "head"), (N, 6, "head")], True, True),
    ("commented only", [(N, 5, "head")], False, False),
    ("pending only", [(P, 5, "head")], False, False),
    ("approved before and again after", [(A, -5, "head"), (A, 5, "head")], True, True),
    ("approved after, then dismissed", [(A, 5, "head"), (D, 6, "head")], False, False),
    ("nothing", [], False, False),
]


def judged(person: Person, reviews: tuple[Review, ...], *, strict: bool, shown: bool = True) -> Judgement:
    done = replace(person.activity, reviews=reviews)
    named = candidates(leads=person.leads, deputies=person.deputies, author=person.author, activity=done)
    return judge_reviews(
        named,
        done,
        fingerprint=PRINT,
        publications=ALL if shown else Publications(),
        head_sha="head",
        strict=strict,
    )


CELLS = list(product(PEOPLE, HISTORIES, (False, True)))


def test_the_matrix_is_large() -> None:
    assert len(CELLS) >= 500


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.name)
def test_an_approval_counts_only_for_the_right_person_at_the_right_time(person: Person) -> None:
    for (name, history, by_default, when_strict), strict in product(HISTORIES, (False, True)):
        reviews = tuple(review(n, person.account, s, at(t), on=c) for n, (s, t, c) in enumerate(history))
        result = judged(person, reviews, strict=strict)
        expected = person.may and (when_strict if strict else by_default)
        assert (result.approved is not None) is expected, (person.name, name, strict)
        latest = [r for r in reviews if r.state in {A, C, D}][-1:]
        listed = bool(latest) and latest[0].state is A and not expected
        assert bool(result.ignored) is listed, (person.name, name, strict)
        assert all(ignored.why for ignored in result.ignored)


def test_nothing_counts_when_the_fingerprint_was_never_shown() -> None:
    result = judged(PEOPLE[0], (review(1, LEAD, A, AFTER),), strict=False, shown=False)
    assert result.approved is None
    assert result.ignored == (
        IgnoredApproval(
            login="ana",
            at=AFTER,
            why="was given while this release (r7k2-9f3c…) was not shown: it is of another state",
        ),
    )


def test_the_lead_is_recorded_before_a_deputy_and_the_deputy_by_name() -> None:
    both = judged(PEOPLE[0], (review(1, DEPUTY, A, at(3)), review(2, LEAD, A, at(9))), strict=False)
    assert both.approved is not None
    assert both.approved[0].role is Role.LEAD
    alone = judged(PEOPLE[0], (review(1, DEPUTY, A, at(3)),), strict=False)
    assert alone.approved is not None
    assert (alone.approved[0].role, alone.approved[0].account.login) == (Role.DEPUTY, "dora")


def test_only_people_who_may_decide_can_block() -> None:
    eve = account(8, "eve")
    blocked = judged(PEOPLE[0], (review(1, LEAD, C, AFTER), review(2, eve, C, AFTER)), strict=False)
    assert [c.account.login for c in blocked.blocking] == ["ana"]
    author = next(p for p in PEOPLE if p.name == "the lead who is the author")
    assert judged(author, (review(1, LEAD, C, AFTER),), strict=False).blocking == ()


def test_who_cannot_decide_is_shown_with_the_reason() -> None:
    named = candidates(
        leads=(AUTHOR, account(5, "cy")),
        deputies=(DEPUTY,),
        author=AUTHOR,
        activity=with_commit(commit("abcdef0123", account(5, "cy"))),
    )
    assert named == (
        Candidate(account=AUTHOR, role=Role.LEAD, barred="is the author of this pull request"),
        Candidate(account=account(5, "cy"), role=Role.LEAD, barred="is the author of commit abcdef0"),
        Candidate(account=DEPUTY, role=Role.DEPUTY),
    )


def test_a_bots_approval_is_listed_as_such() -> None:
    result = judged(PEOPLE[0], (review(1, ROBOT, A, AFTER),), strict=False)
    assert [ignored.why for ignored in result.ignored] == ["is not a human account"]


def test_commits_of_unknown_people_are_named() -> None:
    person = next(p for p in PEOPLE if p.name == "the lead beside an unknown author")
    assert judged(person, (), strict=False).unknown_commits == ("c3",)


def test_nobody_may_decide_or_waive_while_commits_are_missing() -> None:
    named = candidates(
        leads=(LEAD,), deputies=(DEPUTY,), author=AUTHOR, activity=with_commit(commits_complete=False)
    )
    assert {c.barred for c in named} == {"could be the author of a commit the forge does not list"}
    assert Judgement(candidates=named).eligible == ()


def test_an_approval_of_one_release_is_not_one_of_an_earlier_release_pushed_back() -> None:
    approval = review(1, LEAD, A, at(30))
    done = replace(PEOPLE[0].activity, reviews=(approval,))
    named = candidates(leads=(LEAD,), deputies=(), author=AUTHOR, activity=done)
    shown = published({PRINT: at(0), "other": at(20)})
    result = judge_reviews(named, done, fingerprint=PRINT, publications=shown, head_sha="head")
    assert result.approved is None
    other = judge_reviews(named, done, fingerprint="other", publications=shown, head_sha="head")
    assert other.approved is not None


@pytest.mark.parametrize("bar_unknown", [False, True])
@pytest.mark.parametrize(
    ("done", "unknown"),
    [
        (with_commit(), False),
        (with_commit(commit("c3", None)), True),
        (with_commit(pushers_known=False), True),
    ],
)
def test_who_cannot_be_named_bars_everybody_where_the_policy_says_so(
    done: Activity, unknown: bool, bar_unknown: bool
) -> None:
    named = candidates(
        leads=(LEAD,), deputies=(DEPUTY,), author=AUTHOR, activity=done, bar_unknown=bar_unknown
    )
    why = "could have done what nobody is known for" if unknown and bar_unknown else ""
    assert [one.barred for one in named] == [why, why]
