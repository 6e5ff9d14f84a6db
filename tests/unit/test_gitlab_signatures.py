"""Forged signatures of Standard Webhooks and forged tokens: every one is refused, none is a crash."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from bot.settings import load
from handlers.gitlab_signatures import Signature, is_signed, is_token, recent_signature

# The published example: https://github.com/standard-webhooks/standard-webhooks
TOKEN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = 1614265330
BODY = b'{"test": 2432232314}'
VALUE = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
NOW = datetime.fromtimestamp(AT, UTC)
(KEY,) = load({"GITLAB_SIGNING_TOKEN": TOKEN}).gitlab_signing_keys


def proves(
    signatures: str,
    *,
    body: bytes = BODY,
    id_: str = ID,
    at: str = str(AT),
    now: datetime = NOW,
    keys: tuple[bytes, ...] = (KEY,),
) -> bool:
    signature = recent_signature(id_, at, signatures, now=now)
    return signature is not None and is_signed(body, signature, keys)


def test_the_published_example_is_accepted() -> None:
    assert proves(f"v1,{VALUE}")


def test_one_of_several_signatures_is_enough() -> None:
    assert proves(f"v1,{'A' * 43}= v1,{VALUE}")
    assert proves(f"v2,{VALUE} v1,{VALUE} v1a,{VALUE}")


def test_both_keys_count_during_a_rotation() -> None:
    assert proves(f"v1,{VALUE}", keys=(b"n" * 32, KEY))
    assert proves(f"v1,{VALUE}", keys=(KEY, b"n" * 32))
    assert not proves(f"v1,{VALUE}", keys=(b"n" * 32,))


@pytest.mark.parametrize(("seconds", "accepted"), [(-301, False), (-300, True), (300, True), (301, False)])
def test_a_delivery_counts_within_five_minutes(seconds: int, accepted: bool) -> None:
    assert proves(f"v1,{VALUE}", now=NOW + timedelta(seconds=seconds)) is accepted


def test_every_changed_character_is_refused() -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
    tried = [
        VALUE[:at] + other + VALUE[at + 1 :]
        for at in range(len(VALUE))
        for other in alphabet
        if other != VALUE[at]
    ]
    assert len(tried) == 44 * 64
    assert [value for value in tried if proves(f"v1,{value}")] == []


@pytest.mark.parametrize(
    "signatures",
    [
        "",
        VALUE,
        "v1,",
        "v1",
        f"v1{VALUE}",
        f"V1,{VALUE}",
        f"v1a,{VALUE}",
        f"v2,{VALUE}",
        f"v1, {VALUE}",
        f"v1,{VALUE},",
        f"v1,{VALUE},v1,{VALUE}",
        f"v1,{VALUE[:-1]}",
        f"v1,{VALUE}=",
        f"v1,{VALUE}\tv1,{VALUE}",
        "v1," + base64.b64decode(VALUE).hex(),
        "v1," + VALUE.replace("+", "-").replace("/", "_"),
        "v1," + base64.b64encode(hashlib.sha256(BODY).digest()).decode(),
        "v1," + base64.b64encode(hmac.digest(KEY, BODY, hashlib.sha256)).decode(),
        "v1," + base64.b64encode(hmac.digest(TOKEN.encode(), b"x", hashlib.sha256)).decode(),
        "v1,é",
        "v1,\udce9",
        "v1," + "\uff10" * 44,
        "sha256=" + hmac.new(KEY, BODY, hashlib.sha256).hexdigest(),
    ],
)
def test_every_other_form_is_refused(signatures: str) -> None:
    assert not proves(signatures)


@pytest.mark.parametrize(
    "changes",
    [
        {"body": BODY + b" "},
        {"body": b""},
        {"id_": ID[:-1]},
        {"id_": ""},
        {"id_": f"{ID}.{AT}"},
        {"id_": "a" * 129},
        {"id_": "é"},
        {"at": str(AT + 1)},
        {"at": ""},
        {"at": f"{AT}.0"},
        {"at": f" {AT}"},
        {"at": f"+{AT}"},
        {"at": "-1"},
        {"at": "nan"},
        {"at": "9" * 400},
        {"at": "".join(chr(0x660 + int(digit)) for digit in str(AT))},
    ],
)
def test_a_signature_of_something_else_is_refused(changes: dict[str, str]) -> None:
    assert not proves(f"v1,{VALUE}", **changes)  # type: ignore[arg-type]


def test_what_is_signed_cannot_be_cut_differently() -> None:
    # "<id>.<time>.<body>": the same bytes, with the time taken for the end of the id.
    body = f"{AT}.".encode() + BODY
    true = base64.b64encode(hmac.digest(KEY, f"{ID}.{AT}.".encode() + body, hashlib.sha256)).decode()
    assert proves(f"v1,{true}", body=body)
    assert not proves(f"v1,{true}", id_=f"{ID}.{AT}", body=BODY)


def test_without_a_key_nothing_is_signed() -> None:
    unkeyed = base64.b64encode(hmac.digest(b"", f"{ID}.{AT}.".encode() + BODY, hashlib.sha256))
    assert not is_signed(BODY, Signature(id=ID, timestamp=str(AT), given=(unkeyed,)), [])


def test_a_token_counts_when_it_is_one_of_ours() -> None:
    new, old = b"n" * 32, "öld-token-of-twenty-bytes".encode()
    assert is_token("n" * 32, [new, old])
    assert is_token(old.decode("latin-1"), [new, old])  # as WSGI hands over its bytes
    assert not is_token(old.decode("latin-1"), [new])
    assert not is_token("n" * 32, [])


@pytest.mark.parametrize(
    "header", [None, "", "n", "N" * 32, "n" * 33, "n" * 31, "é", "\udce9", "\uff4e" * 32]
)
def test_every_other_token_is_refused(header: str | None) -> None:
    assert not is_token(header, [b"n" * 32])
