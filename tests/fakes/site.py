"""What every forge stand-in offers to tests and to the demo, whatever the forge is.

A site is one dataset repository on a stand-in that is served over HTTP, seen by the people who act
on it: people are named by login, pull (merge) requests by number, comments by id. Its default
branch is ``main``; ``sevengates`` is our check, which must succeed before anything is merged.

Every act changes the stand-in, moves its clock and announces itself by the deliveries its forge
would send. Nothing is posted anywhere until `Wire.deliver_to`: a test takes the deliveries from
`Wire.deliveries` and posts them itself.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bot.forges.base import Forge, Repository
from tests.fakes.acts import Branches, Conversation, People, Pulls
from tests.fakes.clock import Clock
from tests.fakes.exchange import Exchange

OUR_CHECK = "sevengates"


class MergeRefusedError(Exception):
    """The merge is not allowed; the text is the forge's message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A check as the forge shows it; `state` is ``pending``, ``success`` or ``failure``.

    `text` and `lines` (``path:line`` of every line annotation) are empty on a site that is not
    `Checks.detailed`.
    """

    state: str
    title: str
    text: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A delivery as the forge sends it, signed; `number` is its place in the forge's log."""

    number: int
    event: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A write of ours; `shown` is what it made a check show, None where it wrote something else."""

    method: str
    path: str
    shown: Shown | None = None


class Checks(Protocol):
    """Checks on commits. A commit is named by its SHA or by the pull request whose head it is."""

    detailed: bool
    """Whether a check has a text and line annotations; else a state and a title are all of it."""
    rewords: bool
    """Whether a check that is pending may get another title while it stays so."""
    failure: str
    """The forge's own word for a check that failed."""

    def shown(self, at: str | int, name: str = OUR_CHECK) -> Shown:
        """Our newest check of that name. Raises AssertionError where there is none."""

    def all_shown(self, at: str | int, name: str = OUR_CHECK) -> list[Shown]:
        """Every check of that name, oldest first, whoever wrote it."""

    def foreign_check(self, at: str | int, name: str, conclusion: str, *, by: str | None = None) -> None:
        """Somebody else (an App or account named `by`, or a new one) runs a check to its end."""


class Trouble(Protocol):
    """What goes wrong on the way to the forge, on order. A method means requests for the repository."""

    def bad_gateway(self, method: str, *, times: int = 1) -> None:
        """The next such requests are answered with 502 and not carried out."""

    def reset_after_apply(self, method: str) -> None:
        """The next such request is carried out, and its answer lost."""

    def fail_comment(self, *, applied: bool) -> None:
        """The next edit of a comment gets no answer of use; `applied`: it is carried out all the same."""

    def let_meet(self, method: str, count: int) -> None:
        """The next `count` such requests wait for each other, and are then carried out."""

    def rate_limit(self, what: str, *, wait: timedelta) -> None:
        """The next ``read`` of a tree or ``write`` of a check is refused: come back after `wait`.

        Limits are told by the real clock; `wait` is counted from the site's, which then must be it.
        """

    def limit_trees(self, entries: int) -> None:
        """Let one answer hold at most so many entries of a tree, where the forge may do that."""


class Wire(Trouble, Protocol):
    """What crosses the wire: deliveries, requests, faults."""

    webhook: str
    """The path of our route for this forge's deliveries."""
    exchanges: list[Exchange]
    """Every request that reached the forge, with its answer, oldest first."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What the environment of a service for this site holds, without PORT and DATABASE_URL."""

    def deliveries(self, since: int = 0) -> list[Delivery]:
        """The log of deliveries from number `since` on, oldest first."""

    def answered(self, delivery: Delivery, status: int) -> None:
        """Note in the log how a delivery was answered."""

    def deliver_to(self, url: str) -> None:
        """From now on, send every new delivery to the service at `url` (without path), in order."""

    def requests(self, method: str) -> int:
        """How many requests of that method for the repository reached the forge, failed ones too.

        A query sent by POST is not one of them.
        """

    def writes(self) -> list[Write]:
        """Every write of ours that was carried out, oldest first."""

    def evaluations(self, number: int) -> int:
        """How often people's opinions on a pull request were read: once for each evaluation."""


class Site(People, Branches, Pulls, Conversation, Checks, Wire, Protocol):
    """One dataset repository on a forge stand-in."""

    kind: str
    """``github`` or ``gitlab``."""
    clock: Clock
    """The forge's clock."""
    repository: Repository
    forge: Forge
    """The repository through one client of our account."""

    def adapter(self) -> Forge:
        """The repository through a fresh client, as another worker has it."""


class MakeSite(Protocol):
    """Serves a new site for the length of a ``with`` block; `full_name` is ``<owner>/<name>``."""

    def __call__(
        self, full_name: str = "acme/data", *, clock: Clock | None = None
    ) -> AbstractContextManager[Site]: ...
