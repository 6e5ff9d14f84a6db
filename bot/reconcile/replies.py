"""Answers to commands: a reaction on the comment, and what was asked in our one comment; never another."""

from collections.abc import Callable

from bot.commands import ExplainCommand, RecheckCommand, UnknownCommand, WaiveCommand, command_in
from bot.forges.base import Account, Activity, Comment, Forge, PullRequest
from bot.releases import Evaluation


def reply_to_commands(forge: Forge, pull: PullRequest, activity: Activity, evaluation: Evaluation) -> None:
    """React to every command: done, refused, or not understood.

    A command of somebody without write access is not answered at all.
    """
    accepted = {a.waiver.comment_id for r in evaluation.releases for a in r.answers if a.waiver is not None}
    for comment in activity.comments:
        reaction = _reaction(comment, accepted)
        if reaction and may_write(forge.members, comment):
            forge.react(pull, comment.id, reaction)


def explained_gates(activity: Activity, members: Callable[[str], tuple[Account, ...]]) -> tuple[str, ...]:
    """The gates whose explanation people with write access asked for, in the order of asking."""
    gates: list[str] = []
    for comment in activity.comments:
        command = command_in(comment)
        if isinstance(command, ExplainCommand) and command.gate not in gates and may_write(members, comment):
            gates.append(command.gate)
    return tuple(gates)


def _reaction(comment: Comment, accepted: set[int]) -> str:
    match command_in(comment):
        case RecheckCommand() | ExplainCommand():
            return "eyes"
        case WaiveCommand():
            return "+1" if comment.id in accepted else "-1"
        case UnknownCommand():
            return "confused"
        case None:
            return ""


def may_write(members: Callable[[str], tuple[Account, ...]], comment: Comment) -> bool:
    """Whether the author of a comment has write access now."""
    return any(
        account.id == comment.author.id and account.can_write
        for account in members(f"@{comment.author.login}")
    )
