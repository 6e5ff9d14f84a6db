"""What approvals are bound to of the policy, and what a newer service must not change in it."""

from typing import Any

from bot.policy import DatasetPolicy
from bot.policy_digest import MEANING, policy_digest

PLAIN = DatasetPolicy(name="streets", manifest="release.yaml")
DEFAULTS: dict[str, Any] = {
    "watch": [],
    "stage": "production",
    "release_lead": None,
    "release_section": "Release Lead",
    "deputies": [],
    "max_vague": 1,
    "approval": "fingerprint",
    "gates": {
        "schema": {"freeze_days": 7, "review_slice": {"min_items_per_class": 50}},
        "assignments": {"max_age_hours": 24},
        "review": None,
        "rejections": {"window_days": 28, "repeated": 3},
        "compare": {"baseline": "last-release", "locked_splits": [], "max_class_drift": 0.1},
        "export": {"downstream_checks": []},
    },
    "waivers": {"expires_days": 7, "unwaivable": []},
}
"""What is meant by a key that is left out. To change one of them, raise `MEANING` too."""


class Later(DatasetPolicy):
    """The policy of a service that knows one key more."""

    novelty: bool = False


def test_a_newer_service_with_one_key_more_voids_no_approval() -> None:
    assert policy_digest(Later(name="streets", manifest="release.yaml")) == policy_digest(PLAIN)
    used = Later(name="streets", manifest="release.yaml", novelty=True)
    assert policy_digest(used) != policy_digest(PLAIN)


def test_the_digest_of_a_policy_stays_what_it_is_from_one_version_to_the_next() -> None:
    assert policy_digest(PLAIN) == "sha256:752469998b0e52b560ceeb00d091c1ad72e0a440e1ac18b0860e23a4d8df7150"


def test_what_a_key_means_that_is_left_out_does_not_change_unnoticed() -> None:
    assert MEANING == 1
    assert _within(DEFAULTS, PLAIN.model_dump(mode="json", by_alias=True))


def _within(pinned: dict[str, Any], now: dict[str, Any]) -> bool:
    return all(
        _within(value, now[key]) if isinstance(value, dict) else now[key] == value
        for key, value in pinned.items()
    )
