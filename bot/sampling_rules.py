"""The sampling plans a policy may choose for gate 3, each decided before anybody looks at a release."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from bot.acceptance_sampling import AQLS
from bot.fields import Strict, malformed

LEAST_RATIO = 1.5
"""How much worse than `good` the share `bad` must be: closer shares take endless samples to tell apart."""


def _aql(value: float) -> float:
    if value not in AQLS:
        raise malformed(
            "unknown-aql",
            f"ISO 2859-1 has no plans for an AQL of {value:g} per cent.",
            f"Write one of {', '.join(f'{aql:g}' for aql in AQLS)}.",
        )
    return value


class IsoPlan(Strict):
    """ISO 2859-1, single sampling by attributes: the lot is all work of one annotator.

    `aql` in per cent of items, one of the standard's values up to 10. `severity` is the standard's
    normal, tightened or reduced inspection; its switching rules are the team's to apply.
    """

    aql: Annotated[
        float,
        AfterValidator(_aql),
        Field(
            description="Acceptance quality limit in per cent of items.",
            json_schema_extra={"enum": list(AQLS)},
        ),
    ]
    level: Literal["S-1", "S-2", "S-3", "S-4", "I", "II", "III"] = "II"
    severity: Literal["normal", "tightened", "reduced"] = "normal"


class ZeroPlan(Strict):
    """Accept on zero (c = 0): enough reviews to find a share of `bad` items, and none is wrong."""

    bad: Annotated[float, Field(gt=0.0, lt=1.0, description="Share of wrong items the sample must find.")]


class TwoPointPlan(Strict):
    """The smallest plan that refuses a share of `bad` items and lets a share of `good` ones pass.

    Work as wrong as `bad` passes with a probability of at most 1 - `confidence`, work as right as
    `good` is refused with at most `producer_risk`.
    """

    good: Annotated[float, Field(ge=0.0, lt=1.0, description="Share of wrong items that should pass.")]
    bad: Annotated[float, Field(gt=0.0, lt=1.0, description="Share of wrong items that must not pass.")]
    producer_risk: Annotated[float, Field(ge=0.01, le=0.5)] = 0.05

    @model_validator(mode="after")
    def _tells_apart(self) -> "TwoPointPlan":
        if self.bad < LEAST_RATIO * self.good:
            raise malformed(
                "plan-too-close",
                f"A sample cannot tell {self.bad:g} from {self.good:g} without growing beyond measure.",
                f"Let `bad` be at least {LEAST_RATIO:g} times `good`.",
            )
        return self


class SamplingPlan(Strict):
    """A plan that fixes sample size and acceptance number; exactly one of the three."""

    iso_2859_1: IsoPlan | None = None
    accept_zero: ZeroPlan | None = None
    two_point: TwoPointPlan | None = None

    @property
    def chosen(self) -> IsoPlan | ZeroPlan | TwoPointPlan:
        """The one that is set."""
        (plan,) = self._set()
        return plan

    def _set(self) -> list[IsoPlan | ZeroPlan | TwoPointPlan]:
        return [plan for plan in (self.iso_2859_1, self.accept_zero, self.two_point) if plan is not None]

    @model_validator(mode="after")
    def _is_one(self) -> "SamplingPlan":
        if len(self._set()) != 1:
            raise malformed(
                "plan-not-one",
                f"A sampling plan is one of three, {len(self._set())} are given.",
                "Write one of `iso_2859_1`, `accept_zero` and `two_point`.",
            )
        return self
