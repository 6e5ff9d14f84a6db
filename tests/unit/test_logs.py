"""Redaction: no canary survives in any form it may take in a line."""

import base64
import logging
import urllib.parse
from collections.abc import Iterator

import pytest
import structlog

from bot import logs

PEM = "-----BEGIN RSA PRIVATE KEY-----\n" + "A" * 64 + "\n" + "B" * 64 + "\n-----END RSA PRIVATE KEY-----\n"
SECRET = "canary/secret+value=="


@pytest.fixture
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "canary",
    [
        "ghs_" + "a1" * 18,
        "ghp_" + "a1" * 18,
        "github_pat_" + "a1" * 20,
        "glpat-" + "a1" * 10,
        "sgl_" + "a-_1" * 10 + "abc",
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxMiJ9AAAA.c2lnbmF0dXJlc2ln",
        PEM,
        "hunter2:swordfish",
    ],
)
def test_the_shape_of_a_token_is_masked_wherever_it_stands(canary: str) -> None:
    line = (
        f"GET https://{canary}@db.example/x?y=1 failed" if ":" in canary and "BEGIN" not in canary else canary
    )
    assert canary not in logs.redactor([])(f"before {line} after")


@pytest.mark.parametrize("secret", [SECRET, PEM])
def test_a_configured_secret_is_masked_in_every_form(secret: str) -> None:
    redact = logs.redactor([secret])
    for form in (
        secret,
        base64.b64encode(secret.encode()).decode(),
        urllib.parse.quote(secret.strip(), safe=""),
        repr(secret),
        secret.strip().splitlines()[-1] if secret == SECRET else "A" * 64,
    ):
        assert form.strip("'") not in redact(f"x {form} y")


def test_what_is_no_secret_stays() -> None:
    line = 'event=evaluated repository=acme/streets head=ab12 url="https://github.com/acme?page=2"'
    assert logs.redactor([SECRET])(line) == line


@pytest.mark.usefixtures("restored_logging")
def test_lines_of_both_logging_systems_are_key_value_and_redacted(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("debug", [SECRET])
    structlog.get_logger("bot.x").info("evaluated", number=3, token=SECRET)
    logging.getLogger("other").warning("token is %s", SECRET)
    structlog.get_logger("bot.x").error("job_failed", exc_info=RuntimeError(SECRET))
    lines = capsys.readouterr().err
    assert "event=evaluated" in lines
    assert "number=3" in lines
    assert "RuntimeError" in lines
    assert SECRET not in lines


@pytest.mark.usefixtures("restored_logging")
def test_clients_that_print_tokens_at_debug_never_reach_debug() -> None:
    logs.configure("debug")
    assert not logging.getLogger("github.Requester").isEnabledFor(logging.DEBUG)
    assert not logging.getLogger("urllib3.connectionpool").isEnabledFor(logging.INFO)
