"""The story: a release with honest problems, their cures, and the approvals that count and do not."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rich.console import Console
from rich.markdown import Markdown
from rich.rule import Rule

from bot.fingerprint import short
from bot.report.words import words_of
from demo.seed import BRANCH, baseline, candidate, fixes
from demo.stage import PATIENCE, VAR, Stage, staged, stand_in
from tests.fakes.site import MergeRefusedError, Shown

COMMENT = VAR / "comment.md"
NAMES = {"github": "GitHub", "gitlab": "GitLab"}


@dataclass(slots=True)
class Telling:
    """What was shown so far, for the summary."""

    stage: Stage
    console: Console
    started: float = field(default_factory=time.monotonic)
    steps: list[tuple[str, str]] = field(default_factory=list)

    def show(self, pull: int, step: str, settled: Callable[[str, str], bool]) -> None:
        """Wait until check title and comment are as told, then show both as a reader sees them."""
        self.console.print(Rule(f"[bold]{len(self.steps) + 1}. {step}", align="left"))
        title, comment = self._wait(pull, step, settled)
        self.console.print(f"check [bold]sevengates[/bold]: {title}\n", highlight=False)
        self.console.print(Markdown(_visible(comment)))
        self.console.print()
        self.steps.append((step, title))
        COMMENT.write_text(comment, encoding="utf-8")

    def _wait(self, pull: int, step: str, settled: Callable[[str, str], bool]) -> tuple[str, str]:
        deadline = time.monotonic() + PATIENCE
        title = ""
        while time.monotonic() < deadline:
            check, comment = self.stage.check(pull), self.stage.comment(pull)
            title = check.title
            if settled(title, comment) and _of_one_evaluation(check, comment):
                return title, comment
            time.sleep(0.05)
        raise TimeoutError(f"{step}: the check still says {title!r}; see {VAR / 'service.log'}")

    def try_to_merge(self, pull: int) -> bool:
        """Press the merge button as the lead would; what the forge answers."""
        try:
            self.stage.site.merge(pull, by="ana")
        except MergeRefusedError as refusal:
            self.console.print(
                f"merge: [bold red]refused[/bold red] by the forge: {refusal}\n", highlight=False
            )
            return False
        self.console.print("merge: [bold green]allowed[/bold green]\n")
        return True


def _of_one_evaluation(check: Shown, comment: str) -> bool:
    """Whether both say the same: the check is written first, and the comment a moment later.

    A check has the fingerprint in its text, or, where the forge has none, in an approval's title.
    """
    marker, _, text = comment.partition("\n")
    _, _, _, _, kind, *prints = marker.removesuffix(" -->").split()
    named = [short(one) in check.text + check.title for one in prints]
    tally = re.findall(r"(\d+) (?:gates? |answers? )?(failed|vague)", check.title)
    return (
        check.title.lower().startswith(kind)
        and (all(named) or not check.text)
        and all(f"{count} {word}" in text.partition("**Next:**")[0] for count, word in tally)
    )


def _visible(comment: str) -> str:
    """The comment without its hidden marker and HTML tags, which a browser does not show either."""
    lines = [line for line in comment.splitlines() if not line.startswith("<!--")]
    text = "\n".join(lines)
    for tag in ("<details>", "</details>", "</summary>", "<sub>", "</sub>"):
        text = text.replace(tag, "")
    return text.replace("<summary>", "▸ ").replace("<br>", " — ")


def play(forge: str) -> int:
    """Tell the whole story on `forge`; the exit status is 0 when it ended as it should.

    Raises:
        UnknownForgeError: the demo has no stand-in of it.
        TimeoutError: the service did not do its part in time.
    """
    make, console = stand_in(forge), Console(width=110)
    now = datetime.now(UTC)
    started = time.monotonic()
    console.print(f"starting database, web, worker and a {NAMES[forge]} stand-in …")
    with staged(make, baseline(now)) as stage:
        telling = Telling(stage, console, started)
        console.print(f"ready after {time.monotonic() - telling.started:.1f} s\n")
        merged = _release(telling, now)
    _summary(telling, merged=merged)
    return 0 if merged else 1


def _release(telling: Telling, now: datetime) -> bool:
    site, noun = telling.stage.site, words_of(telling.stage.site.kind).pull_request
    site.push(BRANCH, candidate(now), by="dana", message="Release v2")
    pull = site.open(BRANCH, by="dana", title="Release street-scenes v2")
    telling.show(pull, f"@dana opens the release {noun}", _closed)
    steps = list(fixes(now))
    for number, fix in enumerate(steps, start=1):
        last = number == len(steps)
        if last:
            site.approve(pull, by="ana")
            telling.show(pull, "@ana approves too early, before the last fix", _gate_7_passed)
        site.push(BRANCH, fix.files, by="dana", message=fix.title)
        telling.show(pull, f"@dana pushes: {fix.title}", _ready if last else _closed)
    telling.try_to_merge(pull)
    site.approve(pull, by="bob")
    telling.show(pull, "@bob approves, but does not lead", _lists("@bob"))
    telling.try_to_merge(pull)
    site.approve(pull, by="ana")
    telling.show(pull, "@ana approves this release", _approved)
    return telling.try_to_merge(pull)


def _closed(title: str, comment: str) -> bool:
    return title.startswith(("Blocked", "Immature")) and bool(comment)


def _ready(title: str, comment: str) -> bool:
    return title.startswith("Ready") and "READY" in comment and _lists("@ana")(title, comment)


def _gate_7_passed(title: str, comment: str) -> bool:
    """Her approval is of what is shown now, and does not outlive the next push that changes it."""
    return title.startswith("Blocked") and "PASSED** | Approved by" in comment


def _approved(title: str, comment: str) -> bool:
    return title.startswith("Approved") and ": APPROVED" in comment


def _lists(login: str) -> Callable[[str, str], bool]:
    """The approval of `login` is listed among those that do not count."""
    name = login.removeprefix("@")

    def settled(title: str, comment: str) -> bool:
        _, found, after = comment.partition("do not count")
        return bool(title and found) and name in after

    return settled


def _summary(telling: Telling, *, merged: bool) -> None:
    console = telling.console
    console.print(Rule("[bold]Summary", align="left"))
    for number, (step, title) in enumerate(telling.steps, start=1):
        console.print(f"{number:2}. {step}\n    → {title}", highlight=False)
    console.print(f"\nmerged: {'yes' if merged else 'no'}   ({time.monotonic() - telling.started:.0f} s)")
    console.print(f"the last comment: {COMMENT}   the service's log: {VAR / 'service.log'}")
