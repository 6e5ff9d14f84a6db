"""Judges requests by GitLab's own OpenAPI: routes, and the parameters of their queries and bodies.

The description is read where the maintainers have it; without it nothing is judged. It is generated
and leaves routes and parameters out, which then are in GitLab's prose alone: `PROSE` names those.
Its answers are too vague to judge ours by them.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.contract.openapi import HERE, Contract, Schema
from tests.fakes.exchange import Exchange

DOCUMENT = Path(__file__).parents[3] / "shared" / "contracts" / "gitlab_api.json"

_PROJECT = "/api/v4/projects/{id}"
_MERGE_REQUEST = _PROJECT + "/merge_requests/{merge_request_iid}"
_INTEGER, _STRING, _BOOLEAN = ({"type": name} for name in ("integer", "string", "boolean"))
_INTEGERS: Schema = {"type": "array", "items": _INTEGER}
PAGES: Mapping[str, Schema] = {"page": _INTEGER, "per_page": _INTEGER}
"""Of every list (https://docs.gitlab.com/api/rest/#pagination)."""

_RULE = {"name": _STRING, "approvals_required": _INTEGER, "user_ids": _INTEGERS, "group_ids": _INTEGERS}

PROSE: Mapping[tuple[str, str], Mapping[str, Schema]] = {
    # https://docs.gitlab.com/api/users/#retrieve-the-current-user
    ("get", "/api/v4/user"): {},
    # https://docs.gitlab.com/api/projects/#list-all-projects
    ("get", "/api/v4/projects"): {
        "membership": _BOOLEAN,
        "min_access_level": _INTEGER,
        "simple": _BOOLEAN,
        "archived": _BOOLEAN,
        "order_by": _STRING,
        "sort": _STRING,
        "pagination": _STRING,
        "id_after": _INTEGER,
        "id_before": _INTEGER,
    },
    # https://docs.gitlab.com/api/notes/#list-all-merge-request-notes
    ("get", _MERGE_REQUEST + "/notes"): {"sort": _STRING, "order_by": _STRING, "activity_filter": _STRING},
    ("put", _MERGE_REQUEST + "/notes/{note_id}"): {"body": _STRING},
    # https://docs.gitlab.com/api/discussions/#merge-requests
    ("get", _MERGE_REQUEST + "/discussions"): {},
    ("post", _MERGE_REQUEST + "/discussions"): {"body": _STRING},
    ("put", _MERGE_REQUEST + "/discussions/{discussion_id}"): {"resolved": _BOOLEAN},
    ("put", _MERGE_REQUEST + "/discussions/{discussion_id}/notes/{note_id}"): {"body": _STRING},
    # https://docs.gitlab.com/api/emoji_reactions/#add-a-new-emoji-reaction-to-a-comment
    ("post", _MERGE_REQUEST + "/notes/{note_id}/award_emoji"): {"name": _STRING},
    # https://docs.gitlab.com/api/commits/#list-commit-statuses
    ("get", _PROJECT + "/repository/commits/{sha}/statuses"): {"pipeline_id": _INTEGER, "name": _STRING},
    # https://docs.gitlab.com/api/merge_request_approvals/#approval-rules-for-a-merge-request
    ("get", _MERGE_REQUEST + "/approval_rules"): {},
    ("post", _MERGE_REQUEST + "/approval_rules"): _RULE,
    ("put", _MERGE_REQUEST + "/approval_rules/{approval_rule_id}"): _RULE,
    ("delete", _MERGE_REQUEST + "/approval_rules/{approval_rule_id}"): {},
    # https://docs.gitlab.com/api/status_checks/
    ("get", _PROJECT + "/external_status_checks"): {},
    ("get", _MERGE_REQUEST + "/status_checks"): {},
    ("post", _MERGE_REQUEST + "/status_check_responses"): {
        "sha": _STRING,
        "external_status_check_id": _INTEGER,
        "status": {"type": "string", "enum": ["pending", "passed", "failed"]},
    },
    # https://docs.gitlab.com/api/merge_trains/
    ("get", _PROJECT + "/merge_trains"): {"scope": _STRING, "sort": _STRING},
    ("get", _PROJECT + "/merge_trains/merge_requests/{merge_request_iid}"): {},
    # https://docs.gitlab.com/api/graphql/
    ("post", "/api/graphql"): {"query": _STRING, "variables": {"type": "object"}},
}
"""Parameters by method and route: of the query of a GET, else of the body."""


class GitLabContract(Contract):
    """The description together with `PROSE`; of an answer only the route's existence is judged."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        super().__init__({**document, "paths": _completed(document["paths"])})

    def _answer(self, exchange: Exchange, operation: Schema) -> Iterator[str]:
        yield from ()


def _completed(paths: Mapping[str, Any]) -> dict[str, Any]:
    known: dict[str, dict[str, Any]] = {
        path: {method: _described(method, one) for method, one in methods.items()}
        for path, methods in paths.items()
    }
    for (method, path), parameters in PROSE.items():
        operation = known.setdefault(path, {}).setdefault(method, _described(method, {}))
        if method == "get":
            operation["parameters"] += _queries(parameters)
        else:
            schema = {"type": "object", "properties": parameters}
            operation["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    return known


def _described(method: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    """With the parameters of pages, and lists in a query named as they are sent."""
    declared = [one for one in operation.get("parameters", []) if one["in"] == "query"]
    lists = {one["name"] + "[]": one["schema"]["items"] for one in declared if "items" in one["schema"]}
    pages = _queries({**PAGES, **lists}) if method == "get" else []
    return {**operation, "parameters": [*declared, *pages]}


def _queries(parameters: Mapping[str, Schema]) -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", "schema": schema} for name, schema in parameters.items()]


@cache
def gitlab() -> GitLabContract | None:
    """GitLab's contract, read once; None where it is not at hand."""
    if not DOCUMENT.is_file():
        return None
    text = DOCUMENT.read_text(encoding="utf-8").replace('"#/components', f'"{HERE}#/components')
    return GitLabContract(json.loads(text))
