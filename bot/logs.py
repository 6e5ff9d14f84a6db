"""Logs: one line per event, ``key=value``, and no secret in any of them.

The first line of defence is not to log secrets; redaction is the second. It works on the finished
line, tracebacks included, and knows the configured secrets as well as the shapes of tokens.
"""

import base64
import logging
import re
import sys
import urllib.parse
from collections.abc import Callable, Sequence

import structlog
from structlog.typing import EventDict, Processor, ProcessorReturnValue, WrappedLogger

MASK = "[redacted]"

_SHAPES = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\bgh[opsur]_[A-Za-z0-9_]{16,}"
    r"|\bgithub_pat_[A-Za-z0-9_]{16,}"
    r"|\bgl(?:pat|ptt|dt|rt|cbt|agent|soat|ft|imt|oas)-[A-Za-z0-9_.-]{16,}"
    r"|\bwhsec_[A-Za-z0-9+/=]{16,}"
    r"|\bsgl_[A-Za-z0-9_-]{16,}"
    r"|\bey[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
    r"|(?<=[?&])(?:private_token|access_token|token|X-Amz-Signature|sig)=[^&\s\"']+",
    re.DOTALL,
)
"""https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
and https://docs.gitlab.com/security/tokens/#token-prefixes"""

_QUIET = {
    "urllib3": logging.WARNING,
    "github": logging.INFO,
    "gitlab": logging.INFO,
    "procrastinate": logging.WARNING,
    "yoyo": logging.WARNING,
}
"""PyGithub prints fresh tokens and urllib3 prints query strings at DEBUG: pinned whatever the level."""


def configure(level: str, secrets: Sequence[str] = ()) -> None:
    """Send structlog and the standard library's logging to stderr, redacted."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"], drop_missing=True),
            _redacting(redactor(secrets)),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name, lowest in _QUIET.items():
        logging.getLogger(name).setLevel(lowest)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def redactor(secrets: Sequence[str]) -> Callable[[str], str]:
    """A function that masks `secrets` (raw, base64, percent-encoded, escaped) and token shapes."""
    forms = {form for secret in secrets for form in _forms(secret)}
    exact = re.compile("|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)) or r"(?!)")

    def redact(text: str) -> str:
        return _SHAPES.sub(MASK, exact.sub(MASK, text))

    return redact


def _forms(secret: str) -> set[str]:
    stripped = secret.strip()
    plain = {secret, stripped, *(line for line in stripped.splitlines() if len(line) >= 40)}
    encoded = {base64.b64encode(form.encode()).decode() for form in (secret, stripped)}
    escaped = {repr(stripped)[1:-1], stripped.replace("\n", "\\n"), urllib.parse.quote(stripped, safe="")}
    return {form for form in plain | encoded | escaped if form}


def _redacting(redact: Callable[[str], str]) -> Processor:
    def process(_: WrappedLogger, __: str, event: EventDict) -> ProcessorReturnValue:
        return redact(str(event))  # the renderer before this one made it a string

    return process
