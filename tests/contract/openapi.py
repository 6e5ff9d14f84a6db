"""Judges exchanges by GitHub's own OpenAPI: routes, parameters, bodies, answers, unknown fields."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30Validator, oas30_format_checker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tests.fakes.exchange import Exchange

DOCUMENT = Path(__file__).with_name("github-openapi.json")
HERE = "urn:forge"
"""What references inside the document are made to start with, so that any part of it resolves them."""
ANYWHERE = frozenset({401, 403, 404, 422, 429})
"""Error statuses that any route may answer, whether its description lists them or not."""

Schema = Mapping[str, Any]


class Contract:
    """The description, with its validators made once per schema."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        resource: Resource[Any] = Resource(contents=document, specification=DRAFT4)
        self._registry: Registry[Any] = Registry().with_resource(HERE, resource)
        self._validators: dict[int, OAS30Validator] = {}
        self._routes = [(_pattern(path), path) for path in document["paths"]]

    def problems(self, exchange: Exchange) -> Iterator[str]:
        """What is wrong with one exchange, in words."""
        where = f"{exchange.method} {exchange.path} -> {exchange.status}"
        operation = self._operation(exchange)
        if operation is None:
            yield f"{where}: no such route"
            return
        for problem in (*self._request(exchange, operation), *self._answer(exchange, operation)):
            yield f"{where}: {problem}"

    def _operation(self, exchange: Exchange) -> Schema | None:
        fitting = [path for pattern, path in self._routes if pattern.fullmatch(exchange.path)]
        fitting.sort(key=lambda path: path.count("{"))
        operations = (self._document["paths"][path].get(exchange.method.lower()) for path in fitting)
        return next((one for one in operations if one is not None), None)

    def _request(self, exchange: Exchange, operation: Schema) -> Iterator[str]:
        declared = [self._resolved(one) for one in operation.get("parameters", [])]
        known = {one["name"]: one for one in declared if one["in"] == "query"}
        for name, text in exchange.query.items():
            if name not in known:
                yield f"undocumented query parameter {name}"
            else:
                yield from self._mismatches(known[name]["schema"], _typed(known[name]["schema"], text))
        if exchange.sent is not None:
            body = operation.get("requestBody")
            if body is None:
                yield "a body that is not documented"
                return
            schema = body["content"]["application/json"]["schema"]
            yield from self._mismatches(schema, exchange.sent)
            yield from (f"undocumented field {name} sent" for name in self._unknown(schema, exchange.sent))

    def _answer(self, exchange: Exchange, operation: Schema) -> Iterator[str]:
        response = operation["responses"].get(str(exchange.status))
        if response is None:
            if exchange.status not in ANYWHERE and not exchange.faulty:
                yield "undocumented status"
            return
        content = self._resolved(response).get("content", {}).get("application/json")
        if content is None:
            if exchange.answered is not None:
                yield "an answer where none is documented"
        elif not isinstance(exchange.answered, bytes) and not exchange.faulty:
            yield from self._mismatches(content["schema"], exchange.answered)
            unknown = self._unknown(content["schema"], exchange.answered)
            yield from (f"undocumented field {name} answered" for name in unknown)

    def _mismatches(self, schema: Schema, value: object) -> Iterator[str]:
        validator = self._validators.get(id(schema))
        if validator is None:
            validator = OAS30Validator(schema, registry=self._registry, format_checker=oas30_format_checker)
            self._validators[id(schema)] = validator
        for error in validator.iter_errors(value):
            yield f"{'/'.join(map(str, error.absolute_path)) or 'body'}: {error.message[:200]}"

    def _unknown(self, schema: Schema, value: object, at: str = "") -> list[str]:
        """Fields of `value` that no branch of the schema names."""
        schema = self._resolved(schema)
        branches = schema.get("anyOf") or schema.get("oneOf")
        if branches:
            return min((self._unknown(one, value, at) for one in branches), key=len)
        if isinstance(value, list):
            items = schema.get("items", {})
            return [name for one in value for name in self._unknown(items, one, f"{at}[]")]
        properties = self._properties(schema)
        if not isinstance(value, dict) or not properties or schema.get("additionalProperties"):
            return []
        found = [f"{at}.{name}" for name in value if name not in properties]
        for name in value.keys() & properties.keys():
            found += self._unknown(properties[name], value[name], f"{at}.{name}")
        return found

    def _properties(self, schema: Schema) -> dict[str, Schema]:
        properties: dict[str, Schema] = dict(schema.get("properties", {}))
        for part in schema.get("allOf", []):
            properties |= self._properties(self._resolved(part))
        return properties

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            here: Any = self._document
            for key in schema["$ref"].removeprefix(f"{HERE}#/").split("/"):
                here = here[key.replace("~1", "/")]
            schema = here
        return schema


@cache
def github() -> Contract:
    """GitHub's contract, read once."""
    text = DOCUMENT.read_text(encoding="utf-8")
    return Contract(json.loads(text.replace('"#/components', f'"{HERE}#/components')))


def _pattern(path: str) -> re.Pattern[str]:
    """A route as a pattern; only a Git ref may hold slashes."""
    parts = (
        (".+" if part == "{ref}" and "/git/" in path else "[^/]+")
        if part.startswith("{")
        else re.escape(part)
        for part in re.split(r"(\{[^}]+\})", path)
        if part
    )
    return re.compile("".join(parts))


def _typed(schema: Schema, text: str) -> object:
    match schema.get("type"):
        case "integer":
            return int(text) if text.isdigit() else text
        case "boolean":
            return {"true": True, "false": False}.get(text, text)
        case _:
            return text
