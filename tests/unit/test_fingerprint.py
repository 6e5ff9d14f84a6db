"""The fingerprint binds everything it names and nothing else."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers import Answer, Finding, Outcome, Waiver
from bot.fingerprint import FingerprintInputs, fingerprint, short
from tests.fakes.people import NOON


def answer(outcome: Outcome = Outcome.VAGUE, code: str = "a.b", text: str = "3 items") -> Answer:
    finding = Finding(code=code, text=text, fix="do it")
    return Answer(gate="schema_stable", outcome=outcome, headline=text, findings=(finding,))


def waiver(**changes: object) -> Waiver:
    values = {
        "gate": "review_scope",
        "reason": "agreed with the customer",
        "by": "ana",
        "at": NOON,
        "expires_at": NOON + timedelta(days=7),
        "comment_id": 4,
    }
    return Waiver(**(values | changes))  # type: ignore[arg-type]


BASE = {
    "dataset": "street",
    "base_ref": "main",
    "watched": {"a": "1", "b": "2"},
    "external": {"https://x.example/s": "sha256:1"},
    "policy": "p",
    "baseline": "v1 sha256:9",
    "answers": (answer(),),
    "lead": "@ana",
    "waivers": (waiver(),),
}


def of(**changes: object) -> str:
    return fingerprint(FingerprintInputs(**(BASE | changes)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"dataset": "streets"},
        {"base_ref": "release"},
        {"watched": {"a": "1"}},
        {"watched": {"a": "2", "b": "1"}},
        {"external": {}},
        {"policy": "q"},
        {"baseline": ""},
        {"answers": ()},
        {"answers": (answer(Outcome.PASSED),)},
        {"answers": (answer(code="a.c"),)},
        {"lead": "@bob"},
        {"waivers": ()},
        {"waivers": (waiver(reason="agreed with somebody"),)},
        {"waivers": (waiver(by="bob"),)},
        {"waivers": (waiver(comment_id=5),)},
    ],
)
def test_any_input_changed_makes_another_fingerprint(change: dict[str, object]) -> None:
    assert of(**change) != of()


def test_counts_and_times_do_not_enter() -> None:
    assert of(answers=(answer(text="4 items"),)) == of()
    assert of(waivers=(waiver(at=NOON + timedelta(1)),)) == of()


def test_the_order_of_files_does_not_matter() -> None:
    assert of(watched={"b": "2", "a": "1"}) == of()


def test_waivers_can_be_added_to_the_same_release() -> None:
    inputs = FingerprintInputs(**(BASE | {"waivers": ()}))  # type: ignore[arg-type]
    assert fingerprint(inputs.with_waivers([waiver()])) == of()


def test_it_is_known_text_of_a_known_alphabet() -> None:
    full = of()
    assert len(full) == 32
    assert set(full) <= set("0123456789abcdefghjkmnpqrstvwxyz")
    assert short("r7k29f3c00000000") == "r7k2-9f3c…"


TEXT = st.text(max_size=6)


@settings(deadline=None)
@given(
    st.tuples(TEXT, TEXT, st.dictionaries(TEXT, TEXT, max_size=3)),
    st.tuples(TEXT, TEXT, st.dictionaries(TEXT, TEXT, max_size=3)),
)
def test_no_two_different_inputs_run_together(
    one: tuple[str, str, dict[str, str]], two: tuple[str, str, dict[str, str]]
) -> None:
    first, second = (FingerprintInputs(dataset=a, base_ref=b, watched=files) for a, b, files in (one, two))
    assert (fingerprint(first) == fingerprint(second)) == (one == two)
