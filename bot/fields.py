"""Field types that policy and manifest share: text that must be a glob, a path, an owner, a digest, a time.

Each check raises `malformed`, which keeps the sentence and the cure together; `bot.documents`
turns it into a finding with its line. The patterns beside them are what editors can check through
the JSON Schema; the functions decide.
"""

import re
from datetime import datetime
from typing import Annotated, LiteralString

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from bot.globs import GlobError, compile_glob

_OWNER = r"^(@[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_.-]+)*|[^@\s]+@[^@\s]+\.[^@\s]+)$"
_DIGEST = r"^(sha256:[0-9a-f]{64}|gittree:[0-9a-f]{40})$"
_PATH = r"^[^\\\x00-\x1f]+$"
_URL = r"^(file:///\S+|[a-z][a-z0-9+.-]*://[^\s@/]+(/\S*)?)$"
_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)"

_SHOWN = 60


def quoted(text: str) -> str:
    """Text of a document inside a sentence: at most 60 characters, in quotes."""
    return f'"{text}"' if len(text) <= _SHOWN else f'"{text[:_SHOWN]}…"'


def code_span(text: str) -> str:
    """A name of a document inside a sentence: at most 60 characters, between backticks."""
    name = text.replace("`", "'")
    return f"`{name}`" if len(name) <= _SHOWN else f"`{name[:_SHOWN]}…`"


class Strict(BaseModel):
    """Base of every document model: frozen, no unknown keys, no silent conversions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def malformed(code: LiteralString, text: str, fix: str) -> PydanticCustomError:
    """The error of a validator: the code without its document's name, one sentence, one cure."""
    return PydanticCustomError(code, "{text}", {"text": text, "fix": fix})


def _glob(text: str) -> str:
    try:
        compile_glob(text)
    except GlobError as error:
        why, _, cure = str(error).removeprefix(f"{text}: ").partition("; ")
        raise malformed(
            "bad-glob",
            f"{quoted(text)} is not a glob that can be matched: {why}.",
            f"{cure[:1].upper()}{cure[1:]}."
            if cure
            else "Write a path from the repository root; `*` stays within a directory, `**` crosses them.",
        ) from error
    return text


def _owner(text: str) -> str:
    if not re.fullmatch(_OWNER, text):
        raise malformed(
            "bad-owner",
            f"{quoted(text)} is not an owner as CODEOWNERS writes it.",
            "Write @user, @organisation/team or an e-mail address, in quotes.",
        )
    return text


def _path(text: str) -> str:
    if re.match(r"[a-z][a-z0-9+.-]*://", text):
        raise malformed("path-is-url", f"{quoted(text)} is a URL, not a path.", "Write it under `url`.")
    if not re.fullmatch(_PATH, text):
        raise malformed(
            "bad-path",
            f"{quoted(text)} is not a path of the repository.",
            "Write a path with `/` between its parts, and no backslash or control character.",
        )
    return text


def _rooted_path(text: str) -> str:
    if ".." in _path(text).split("/"):
        raise malformed(
            "path-escape",
            f"{quoted(text)} steps out of a directory with `..`.",
            "Write the path from the repository root.",
        )
    return text


def _url(text: str) -> str:
    if not re.fullmatch(_URL, text):
        raise malformed(
            "bad-url",
            f"{quoted(re.sub('//[^/]*@', '//…@', text))} is not a URL that may stand in a repository.",
            "Write scheme://host/path, with no space and no credentials.",
        )
    return text


def _digest(text: str) -> str:
    if not re.fullmatch(_DIGEST, text):
        raise malformed(
            "bad-digest",
            f"{quoted(text)} is not a digest.",
            "Write sha256: and the 64 lower-case hex digits `sha256sum FILE` prints, or gittree: and the "
            "40 that `git rev-parse HEAD:DIRECTORY` prints.",
        )
    return text


def _time(value: object) -> object:
    if not isinstance(value, str):
        return value  # pydantic refuses what is no time
    try:
        return datetime.fromisoformat(value if re.fullmatch(_TIME, value, re.ASCII) else "")
    except ValueError as error:
        raise malformed(
            "bad-time",
            f"{quoted(value)} is not a time with a zone.",
            "Write date, time and zone, such as 2026-11-20T14:00:00Z.",
        ) from error


RepoGlob = Annotated[str, AfterValidator(_glob), Field(json_schema_extra={"minLength": 1})]
"""A repository glob that `bot.globs` can compile."""

Owner = Annotated[str, AfterValidator(_owner), Field(json_schema_extra={"pattern": _OWNER})]
"""An owner as CODEOWNERS writes it: @user, @organisation/team (GitLab: also subgroups), or an e-mail."""

RelativePath = Annotated[str, AfterValidator(_path), Field(json_schema_extra={"pattern": _PATH})]
"""A path relative to the document's directory, or to the repository root when it begins with "/"."""

RootedPath = Annotated[str, AfterValidator(_rooted_path), Field(json_schema_extra={"pattern": _PATH})]
"""A path from the repository root; ``..`` is refused."""

Url = Annotated[str, AfterValidator(_url), Field(json_schema_extra={"pattern": _URL})]
"""A URL of any scheme (https, s3, lakefs, …) without credentials; only files have no host."""

Digest = Annotated[str, AfterValidator(_digest), Field(json_schema_extra={"pattern": _DIGEST})]
"""``sha256:`` of a file's bytes, or ``gittree:`` the Git tree id of a directory."""

Time = Annotated[AwareDatetime, BeforeValidator(_time)]
"""A point in time with its zone; bare dates, local times and epoch numbers are refused."""
