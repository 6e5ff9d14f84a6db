"""Forged signatures: every one is refused, none breaks the comparison."""

import hashlib
import hmac

import pytest

from handlers.signatures import is_signed, looks_signed
from tests.fakes.forgeries import BODY, SECRET, forgeries, sign


def test_the_true_signature_is_accepted() -> None:
    assert looks_signed(sign(BODY))
    assert is_signed(BODY, sign(BODY), [SECRET])


def test_every_forgery_is_refused() -> None:
    tried = forgeries()
    assert len(tried) >= 900
    assert [header for header in tried if is_signed(BODY, header, [SECRET])] == []


def test_a_signature_of_another_body_is_refused() -> None:
    assert not is_signed(BODY + b" ", sign(BODY), [SECRET])


def test_both_secrets_count_during_a_rotation() -> None:
    new, old = b"n" * 32, b"o" * 32
    assert is_signed(BODY, sign(BODY, old), [new, old])
    assert is_signed(BODY, sign(BODY, new), [new, old])
    assert not is_signed(BODY, sign(BODY, old), [new])


def test_without_a_secret_nothing_is_signed() -> None:
    unkeyed = "sha256=" + hmac.new(b"", BODY, hashlib.sha256).hexdigest()
    assert not is_signed(BODY, unkeyed, [])


@pytest.mark.parametrize("header", [None, "", "sha256=", "sha1=" + "0" * 40, "sha256=" + "A" * 64, "é"])
def test_what_has_not_the_form_of_a_signature_is_not_worth_reading_the_body(header: str | None) -> None:
    assert not looks_signed(header)
    assert not is_signed(BODY, header, [SECRET])
