"""The policy: `.sevengates.yaml` on the base branch, as validated values.

Pydantic models only; reading bytes (YAML scan, line numbers, all problems at once) is
`bot.documents`. Unknown keys are refused. Every default is safe: leaving a key out never opens a
gate further than writing it.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticKnownError

from bot.codeowners import RELEASE_SECTION
from bot.export_rules import ExportRule
from bot.fields import Owner, RepoGlob, RootedPath, Strict, malformed
from bot.sampling_rules import SamplingPlan

POLICY_PATHS = (".sevengates.yaml", ".github/.sevengates.yaml", ".gitlab/.sevengates.yaml")
"""Where a policy may live, in order of preference; the first that exists is used."""

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Stage(StrEnum):
    """How grave a release is: a pilot may be small, production may not."""

    PILOT = "pilot"
    PRODUCTION = "production"


class ReviewSlice(Strict):
    """The focused re-review that lets changed classes pass inside the freeze."""

    min_items_per_class: Annotated[
        int, Field(ge=1, description="Approved reviews made after the change, for every changed class.")
    ] = 50


class SchemaRule(Strict):
    """Gate 1: days without change to active labels or rules, or a focused review slice."""

    freeze_days: Annotated[
        int, Field(ge=0, description="Days that active labels and their rules must have been unchanged.")
    ] = 7
    review_slice: ReviewSlice = ReviewSlice()


class AssignmentsRule(Strict):
    """Gate 2: how old the assignment evidence may be, in hours."""

    max_age_hours: Annotated[
        int, Field(ge=1, description="Assignment evidence older than this is vague.")
    ] = 24


class ReviewRule(Strict):
    """Gate 3: which items must have been reviewed, decided before the release.

    `full`: every item. `targeted`: every item holding one of `classes`, and every item of
    annotators whose first completed work is younger than `annotators_newer_than_days`.
    `sample`: per annotator, at least `min_items` and `min_share` of their items, with the exact
    upper confidence bound on the error rate at most `max_error_rate`; or, instead of these three,
    what a sampling `plan` demands.
    """

    rule: Literal["full", "targeted", "sample"]
    by: Literal["annotator"] = "annotator"
    min_items: Annotated[int, Field(ge=1)] = 50
    min_share: Share = 0.10
    max_error_rate: Share = 0.05
    confidence: Annotated[float, Field(ge=0.5, lt=1.0)] = 0.95
    classes: tuple[str, ...] = ()
    annotators_newer_than_days: Annotated[int, Field(ge=0)] | None = None
    plan: Annotated[
        SamplingPlan | None,
        Field(description="Sampling plan of the rule `sample`, by ISO 2859-1, c = 0 or two points."),
    ] = None

    @model_validator(mode="after")
    def _targeted_says_at_what(self) -> "ReviewRule":
        if self.rule == "targeted" and not self.classes and self.annotators_newer_than_days is None:
            raise malformed(
                "review-rule-empty",
                "The rule `targeted` names neither classes nor annotators, so it requires no review.",
                "Add `classes` or `annotators_newer_than_days`.",
            )
        return self

    @model_validator(mode="after")
    def _plan_stands_alone(self) -> "ReviewRule":
        if self.plan is None:
            return self
        if self.rule != "sample":
            raise malformed(
                "review-plan-unused",
                f"The rule `{self.rule}` reviews no sample, so its plan would be ignored.",
                "Write `rule: sample` or remove `plan`.",
            )
        if mixed := sorted(self.model_fields_set & {"min_items", "min_share", "max_error_rate"}):
            raise malformed(
                "review-plan-mixed",
                f"The sampling plan decides sample sizes and limits, so `{mixed[0]}` would be ignored.",
                f"Remove `{mixed[0]}` or `plan`.",
            )
        return self


class RejectionsRule(Strict):
    """Gate 4: a reason seen `repeated` times in `window_days` is a pattern, not an accident."""

    window_days: Annotated[int, Field(ge=1)] = 28
    repeated: Annotated[int, Field(ge=2)] = 3


class CompareRule(Strict):
    """Gate 5: the named baseline, splits that must not change, largest undeclared class drift.

    `baseline`: ``last-release`` (the snapshot that the manifest on the base branch names) or the
    path of a manifest on the base branch. `max_class_drift`: relative change of one class's
    annotation count in one split that needs no declaration of its own size.
    """

    baseline: RootedPath = "last-release"
    locked_splits: tuple[str, ...] = ()
    max_class_drift: Annotated[float, Field(ge=0.0)] = 0.1


class GateRules(Strict):
    """The rules of gates 1 to 6. `review` has no default: it must be decided beforehand."""

    schema_: Annotated[SchemaRule, Field(alias="schema")] = SchemaRule()
    assignments: AssignmentsRule = AssignmentsRule()
    review: ReviewRule | None = None
    rejections: RejectionsRule = RejectionsRule()
    compare: CompareRule = CompareRule()
    export: ExportRule = ExportRule()


class WaiverRule(Strict):
    """How long a waiver lasts and which gates nobody can waive (gate 7 never can be)."""

    expires_days: Annotated[int, Field(ge=1, le=90)] = 7
    unwaivable: tuple[
        Literal[
            "schema_stable",
            "assignments_settled",
            "review_scope",
            "rejections_resolved",
            "snapshot_compare",
            "export_validated",
        ],
        ...,
    ] = ()


class DatasetPolicy(Strict):
    """What is gated for one dataset and who leads its releases.

    `manifest` and `watch` are repository globs (`*` stays inside a directory, `**` crosses them).
    `max_vague`: how many vague answers a ready release may carry as named risks.
    """

    name: Annotated[str, Field(min_length=1, max_length=100)]
    manifest: Annotated[RepoGlob, Field(description="Glob of the dataset's release manifests.")]
    watch: Annotated[
        tuple[RepoGlob, ...],
        Field(description="Globs of evidence and export configs that belong to the release."),
    ] = ()
    stage: Annotated[
        Stage, Field(description="In production a rule of review that is not decided is noted.")
    ] = Stage.PRODUCTION
    release_lead: Annotated[
        Owner | None, Field(description="Which owner leads, where CODEOWNERS names several for the manifest.")
    ] = None
    release_section: Annotated[
        str,
        Field(
            min_length=1,
            max_length=255,
            description="The section of GitLab's CODEOWNERS that decides, where it speaks of the manifest.",
        ),
    ] = RELEASE_SECTION
    deputies: Annotated[
        tuple[Owner, ...], Field(description="Owners who may approve and waive for the lead.")
    ] = ()
    max_vague: Annotated[int, Field(ge=0, le=5)] = 1
    approval: Annotated[
        Literal["fingerprint", "strict"],
        Field(description="`strict` also demands that the approving review sits on the head commit."),
    ] = "fingerprint"
    unknown_people: Annotated[
        Literal["risk", "bar"],
        Field(
            description="`bar`: nobody may approve what somebody wrote or pushed whom the forge cannot name."
        ),
    ] = "risk"
    gates: GateRules = GateRules()
    waivers: WaiverRule = WaiverRule()


def _exactly_one(value: object) -> object:
    if type(value) is not int:  # pydantic takes true and 1.0 for 1
        raise PydanticKnownError("literal_error", {"expected": "1"})
    return value


class Policy(Strict):
    """What is gated in this repository, and by which rules (`.sevengates.yaml`)."""

    version: Annotated[
        Literal[1], BeforeValidator(_exactly_one), Field(description="Version of this format.")
    ]
    datasets: Annotated[tuple[DatasetPolicy, ...], Field(min_length=1)]
    branches: Annotated[
        tuple[RepoGlob, ...],
        Field(description="Other branches that may be released to by their own policies, as globs."),
    ] = ()
