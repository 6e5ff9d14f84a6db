"""What can go wrong on the way, ordered by a test: limits, 5xx answers, resets, slowness."""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

BAD_GATEWAY = {"message": "Server Error"}


@dataclass(slots=True)
class Fault:
    """Strikes the next `times` requests whose method and path match.

    `status` answers instead of the real handler. `reset` closes the connection: after the
    request was carried out when `applied`, before it otherwise. `delay` seconds pass first.
    Requests that share a `meeting` are carried out once all of them have arrived.
    """

    method: str = ".*"
    path: str = ".*"
    times: int = 1
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    reset: bool = False
    applied: bool = False
    delay: float = 0.0
    meeting: threading.Barrier | None = None
    struck: int = 0


class Faults:
    """The faults still to come; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        with self._lock:
            self._waiting.append(fault)
        return fault

    def strike(self, method: str, path: str) -> Fault | None:
        """The fault that hits this request, if any."""
        with self._lock:
            for fault in self._waiting:
                if re.fullmatch(fault.method, method) and re.fullmatch(fault.path, path):
                    fault.struck += 1
                    if fault.struck >= fault.times:
                        self._waiting.remove(fault)
                    return fault
        return None

    def bad_gateway(self, *, method: str = ".*", path: str = ".*", times: int = 1) -> Fault:
        return self.add(Fault(method, path, times, status=502, body=BAD_GATEWAY))

    def reset_after_apply(self, *, method: str, path: str = ".*", times: int = 1) -> Fault:
        return self.add(Fault(method, path, times, reset=True, applied=True))

    def rate_limit(self, *, status: int, message: str, headers: Mapping[str, str], times: int = 1) -> Fault:
        """A primary or secondary limit (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api)."""
        body = {"message": message, "documentation_url": "https://docs.github.com/rest/rate-limits"}
        return self.add(Fault(times=times, status=status, headers=headers, body=body))
