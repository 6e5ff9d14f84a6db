"""What a job is about: one pull request or merge group, or the question which ones are meant.

Both are plain values that survive the queue as JSON, and both have a key: jobs of one key run one
at a time and coalesce while they wait.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from bot.forges.base import Repository
from bot.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One thing to evaluate: pull request `number`, or the merge group at `merge_group_head`.

    `merge_group_base` is the SHA the group is built on, `merge_group_ref` the group's own branch,
    which names target branch and pull request (``refs/heads/gh-readonly-queue/main/pr-7-<sha>``).
    """

    repository: Repository
    number: int | None = None
    merge_group_head: str | None = None
    merge_group_base: str | None = None
    merge_group_ref: str | None = None

    @property
    def forge(self) -> str:
        """The forge the repository lives on."""
        return self.repository.forge

    @property
    def key(self) -> str:
        """Serialises and coalesces the evaluations of this target."""
        name = f"merge-group/{self.merge_group_head}" if self.number is None else f"pull/{self.number}"
        return f"{self.repository.forge}/{self.repository.id}/{name}"

    def to_job(self) -> dict[str, Any]:
        """JSON-ready arguments of a job."""
        return asdict(self)

    @classmethod
    def from_job(cls, arguments: Mapping[str, Any]) -> "Target":
        """The inverse of `to_job`."""
        return cls(**{**arguments, "repository": Repository(**arguments["repository"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Which targets does an event mean? Answered by asking the forge, never from the payload.

    `head_sha`: open pull requests with this head (events of forks name no number). `base_ref`:
    open pull requests onto this branch. Neither: every open pull request of the repository.
    """

    repository: Repository
    head_sha: str | None = None
    base_ref: str | None = None

    @property
    def key(self) -> str:
        """Coalesces equal questions while they wait."""
        what = (
            f"head/{self.head_sha}" if self.head_sha else f"base/{self.base_ref}" if self.base_ref else "open"
        )
        return f"{self.repository.forge}/{self.repository.id}/{what}"

    def to_job(self) -> dict[str, Any]:
        """JSON-ready arguments of a job."""
        return asdict(self)

    @classmethod
    def from_job(cls, arguments: Mapping[str, Any]) -> "Lookup":
        """The inverse of `to_job`."""
        return cls(**{**arguments, "repository": Repository(**arguments["repository"])})


class Reconciler(Protocol):
    """What the worker calls; the module `bot.reconcile` is one.

    Every function may raise `ForgeError`: the job is then tried again. Evaluations must be
    idempotent: a job whose worker died is run again.
    """

    def handle(self, target: Target, services: Services) -> None:
        """Evaluate the live state of `target` and publish the decision."""

    def report_poison(self, target: Target, services: Services) -> None:
        """Publish a failed check ``bot.poison``: evaluating `target` killed its worker repeatedly."""

    def find(self, lookup: Lookup, services: Services) -> Iterable[Target]:
        """The open pull requests that `lookup` means."""

    def discover(self, services: Services) -> Iterable[Target | Lookup]:
        """What a lost delivery may have hidden: called every few minutes."""
