"""Answers to commands: a reaction on the comment, never another comment."""

from bot.commands import ExplainCommand, RecheckCommand, UnknownCommand, WaiveCommand, command_in
from bot.forges.base import Activity, Comment, Forge, PullRequest
from bot.releases import Evaluation


def reply_to_commands(forge: Forge, pull: PullRequest, activity: Activity, evaluation: Evaluation) -> None:
    """React to every command: done, refused, or not understood.

    A command of somebody without write access is not answered at all.
    """
    accepted = {a.waiver.comment_id for r in evaluation.releases for a in r.answers if a.waiver is not None}
    for comment in activity.comments:
        reaction = _reaction(comment, accepted)
        if reaction and _may_write(forge, comment):
            forge.react(pull, comment.id, reaction)


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


def _may_write(forge: Forge, comment: Comment) -> bool:
    return any(
        account.id == comment.author.id and account.can_write
        for account in forge.members(f"@{comment.author.login}")
    )
