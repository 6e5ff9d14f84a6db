"""The policy's rules of gate 6: the team's own checks, and when a record of `export-smoke` counts."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from bot.fields import RepoGlob, Strict, malformed, quoted


class DownstreamCheck(Strict):
    """A check of the team's own CI, of any reporter or of one alone.

    Whoever may write to the repository may report a status of any name; `app` and `pipeline` say
    whose word counts.
    """

    name: Annotated[str, Field(min_length=1)]
    app: Annotated[
        str | None, Field(min_length=1, description="Slug of the GitHub App, such as github-actions.")
    ] = None
    pipeline: Annotated[
        str | None,
        Field(min_length=1, description="Source of the GitLab pipeline, such as merge_request_event."),
    ] = None

    @property
    def bound(self) -> bool:
        """Whether it says whose word counts."""
        return self.app is not None or self.pipeline is not None


def _check_of_name(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


class ExportRule(Strict):
    """Gate 6: checks of the team's own CI that must succeed on the head commit, and records of runs there.

    Whoever opens the pull request can change what a check does, and write a record of `export-smoke`
    by hand. A check counts while none of the files in `defined_in` is changed, and a record while
    the downstream check `smoke_check`, bound to its app or pipeline, counts and succeeded.
    """

    downstream_checks: tuple[
        Annotated[
            DownstreamCheck, BeforeValidator(_check_of_name, json_schema_input_type=str | DownstreamCheck)
        ],
        ...,
    ] = ()
    defined_in: Annotated[
        tuple[RepoGlob, ...],
        Field(description="Globs of the files that say what the downstream checks do."),
    ] = (".github/workflows/**", ".github/actions/**", ".gitlab-ci.yml", ".gitlab/ci/**")
    smoke: Annotated[
        Literal["optional", "required"],
        Field(description="Whether every export needs a record of export-smoke."),
    ] = "optional"
    smoke_check: Annotated[
        str, Field(min_length=1, description="The downstream check whose job runs export-smoke.")
    ] = "export-smoke"

    @model_validator(mode="after")
    def _a_required_record_can_count(self) -> "ExportRule":
        if self.smoke == "required" and not self.vouching:
            raise malformed(
                "smoke-unvouched",
                f"A record of export-smoke is required, and no downstream check {quoted(self.smoke_check)} "
                "with its `app` or `pipeline` could vouch for it.",
                "Name the check and its `app` or `pipeline` under `downstream_checks`.",
            )
        return self

    @property
    def vouching(self) -> tuple[DownstreamCheck, ...]:
        """The checks that can vouch for a record, all of which have to."""
        named = (check for check in self.downstream_checks if check.name == self.smoke_check)
        return tuple(check for check in named if check.bound)
