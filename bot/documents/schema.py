"""The JSON Schemas of policy and manifest, generated from the models, for editors."""

import json
from enum import StrEnum
from typing import Any

from bot.documents.shape import Model
from bot.manifest import Manifest
from bot.policy import Policy

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Kind(StrEnum):
    """The documents that have a schema."""

    POLICY = "policy"
    MANIFEST = "manifest"

    @property
    def model(self) -> Model:
        """The model such a document follows."""
        return Policy if self is Kind.POLICY else Manifest

    @property
    def file(self) -> str:
        """Where its schema is kept, from the root of this application."""
        return f"schemas/{self}.schema.json"


def schema_text(kind: Kind) -> str:
    """The JSON Schema of `kind`, as the file holds it."""
    schema = kind.model.model_json_schema(by_alias=True)
    head = {"$schema": _DIALECT, "$id": f"{kind}.schema.json", "title": f"sevengates {kind}"}
    return json.dumps(_on_one_line({**schema, **head}), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _on_one_line(schema: Any) -> Any:  # noqa: ANN401  (JSON)
    """`schema` with docstrings as editors show descriptions: no line breaks, single backticks."""
    if isinstance(schema, list):
        return [_on_one_line(part) for part in schema]
    if isinstance(schema, dict):
        return {
            key: " ".join(value.replace("``", "`").split())
            if key == "description" and isinstance(value, str)
            else _on_one_line(value)
            for key, value in schema.items()
        }
    return schema
