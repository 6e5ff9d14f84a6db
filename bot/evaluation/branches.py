"""Whether a success may stand on a commit that is aimed at another branch than the default one.

A check belongs to a commit, not to a pull request: a success that was earned on a branch without
rules would count on the default branch too, as soon as the pull request is aimed there, or another
one of the same head is. So it may stand only where the default branch has nothing to say about
what changes, where it would be judged the same, or where its policy lists the branch.
"""

from bot.answers import Finding
from bot.evaluation.evaluate import Survey
from bot.globs import compile_glob


def why_held(here: Survey, default: Survey, *, base_ref: str, default_branch: str) -> Finding | None:
    """Why no success may stand on the head; None when one may.

    `here` compares the head with `base_ref`, `default` the same head with the default branch.
    """
    policy, path = default.rulebook.policy, default.rulebook.policy_path
    if path is None or (policy is not None and not default.applies):
        return None
    if policy is not None and any(compile_glob(glob).matches(base_ref) for glob in policy.branches):
        return None
    if _judged_the_same(here, default):
        return None
    return Finding(
        code="base.other-branch",
        text=f"A success on this commit would count on `{default_branch}` too, whose policy gates what "
        f"changes here, and `{base_ref}` is judged by other files or rules.",
        fix=f"Aim it at `{default_branch}` instead, or list `{base_ref}` as one of the `branches` of "
        "the policy there.",
        file=path,
        line=1,
    )


def unrelated(*, base_ref: str, default_branch: str) -> Finding:
    """Held because the head cannot be compared with the default branch at all."""
    return Finding(
        code="base.unrelated",
        text=f"`{base_ref}` and `{default_branch}` cannot be compared, so what a success on this commit "
        f"would open on `{default_branch}` is unknown.",
        fix=f"Build the branch on `{default_branch}`; do not require this check on `{base_ref}` otherwise.",
    )


def _judged_the_same(here: Survey, default: Survey) -> bool:
    """Whether both ask the same questions by the same rules, about the same files before and after."""
    if here.hides_files or default.hides_files or here.rulebook.policy != default.rulebook.policy:
        return False
    paths = {*default.governing, *default.rulebook.governing_paths}
    paths.update(path for scope in default.scopes for path in scope.changed)
    before, after = here.trees.base.entries, default.trees.base.entries
    return (here.scopes, here.governing) == (default.scopes, default.governing) and all(
        before.get(path) == after.get(path) for path in paths
    )
