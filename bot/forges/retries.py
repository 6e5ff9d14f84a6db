"""How both clients repeat a request that failed on the way."""

from urllib3 import Retry


def reads_only() -> Retry:
    """Reads are repeated on a broken connection and 5xx; writes and limits never.

    The clients' own retries repeat POST (a second comment) and sleep through rate limits for up to
    an hour, which costs a worker; we come back later instead.
    """
    return Retry(
        total=3,
        allowed_methods=frozenset({"GET"}),
        status_forcelist=frozenset({500, 502, 503, 504}),
        backoff_factor=0.2,
        respect_retry_after_header=False,
        raise_on_status=False,
    )
