"""Which fingerprint stood on the forge at a moment."""

from dataclasses import replace
from datetime import timedelta

from bot.publications import Publication, PublicationKind, Publications, Shown
from tests.fakes.people import at

FINAL, UNWAIVED = PublicationKind.FINAL, PublicationKind.UNWAIVED


def shown(
    key: str, fingerprint: str, seconds: int, kind: PublicationKind = FINAL, head: str = "h"
) -> Publication:
    return Publication(release_key=key, kind=kind, fingerprint=fingerprint, at=at(seconds), head_sha=head)


HISTORY = Publications(
    (shown("r", "b", 20), shown("r", "a", 0), shown("r", "a", 40), shown("s", "c", 30), shown("r", "u", 35, UNWAIVED))
)  # fmt: skip


def test_a_fingerprint_is_shown_from_its_publication_to_the_next_one_of_its_release() -> None:
    moments = {seconds: HISTORY.shown(FINAL, "a", at(seconds)) for seconds in (-1, 0, 5, 20, 25, 35, 40, 41)}
    assert moments == {
        -1: Shown.NO,
        0: Shown.SAME_SECOND,
        5: Shown.YES,
        20: Shown.SAME_SECOND,
        25: Shown.NO,
        35: Shown.NO,
        40: Shown.SAME_SECOND,
        41: Shown.YES,
    }


def test_kinds_and_other_releases_do_not_mix() -> None:
    assert HISTORY.shown(UNWAIVED, "a", at(5)) is Shown.NO
    assert HISTORY.shown(UNWAIVED, "u", at(50)) is Shown.YES
    assert HISTORY.shown(FINAL, "c", at(50)) is Shown.YES
    assert HISTORY.shown(FINAL, "never", at(50)) is Shown.NO


def test_only_what_changes_what_is_shown_is_news() -> None:
    candidates = [
        shown("r", "a", 50),
        shown("r", "u", 50, UNWAIVED),
        shown("s", "d", 50),
        shown("t", "e", 50),
    ]
    assert HISTORY.news(candidates) == (candidates[2], candidates[3])


def test_of_two_in_one_second_neither_is_taken_for_the_later() -> None:
    both = Publications((shown("r", "a", 0), shown("r", "b", 0)))
    assert both.shown(FINAL, "a", at(5)) is both.shown(FINAL, "b", at(5)) is Shown.NO


def test_fractions_of_a_second_decide_nothing() -> None:
    fraction = timedelta(milliseconds=700)
    assert HISTORY.shown(FINAL, "a", at(0) + fraction) is Shown.SAME_SECOND
    exact = replace(shown("r", "a", 0), at=at(0) + fraction)
    both = Publications((exact, shown("r", "b", 0)))
    assert both.shown(FINAL, "a", at(0)) is Shown.SAME_SECOND
    assert both.shown(FINAL, "a", at(5)) is both.shown(FINAL, "b", at(5)) is Shown.NO


def test_what_two_know_is_known_together_once() -> None:
    one, other = Publications((shown("r", "a", 0), shown("r", "b", 1))), Publications((shown("r", "b", 1),))
    assert (one | other).known == one.known
    assert (Publications() | other).known == other.known


def test_the_same_release_for_another_head_is_news_and_disturbs_nothing() -> None:
    again = shown("r", "a", 60, head="i")
    assert HISTORY.news([again]) == (again,)
    both = HISTORY | Publications((again,))
    assert [both.shown(FINAL, "a", at(seconds)) for seconds in (59, 61)] == [Shown.YES] * 2
    heads = [
        both.shown_on(FINAL, "a", "i"),
        both.shown_on(UNWAIVED, "a", "i"),
        both.shown_on(FINAL, "b", "i"),
    ]
    assert heads == [True, False, False]
