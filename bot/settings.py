"""The environment as frozen, complete settings; the service refuses to start half-configured."""

import base64
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.answers import Finding
from bot.public_url import PublicUrl
from bot.remote.environment import RemoteSettings

SHORTEST_SECRET = 16
"""Bytes; anything shorter can be guessed or is a placeholder."""

PRIVATE_KEYS = ("github_private_key", "github_private_key_previous")
"""PEM texts, the current one and the one that is still accepted during rotation."""
SIGNING_TOKENS = ("gitlab_signing_token", "gitlab_signing_token_previous")
SHORTEST_SIGNING_KEY = 24
"""Bytes: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"""

PUBLIC_GITHUB = "https://api.github.com"
PUBLIC_GITLAB = "https://gitlab.com"

_FIXES = {
    "github_app_id": "set GITHUB_APP_ID to the number shown on the App's settings page",
    "github_private_key": (
        "set GITHUB_PRIVATE_KEY to the PEM text of the App's private key, "
        "or GITHUB_PRIVATE_KEY_FILE to the path of its file"
    ),
    "github_webhook_secret": (
        "set GITHUB_WEBHOOK_SECRET to the secret entered on the App's settings page "
        "(`openssl rand -hex 32` makes one)"
    ),
    "gitlab_token": "set GITLAB_TOKEN to an access token with the scope api",
    "gitlab_webhook_secret": (
        "set GITLAB_SIGNING_TOKEN (or GITLAB_WEBHOOK_SECRET) to the one entered in the project's webhook"
    ),
    **{n: f"set {n.upper()} to the whole token that GitLab made, whsec_ included" for n in SIGNING_TOKENS},
    "forge": "for GitHub set GITHUB_APP_ID, GITHUB_PRIVATE_KEY and GITHUB_WEBHOOK_SECRET",
}


class SettingsError(Exception):
    """The environment is incomplete or wrong; `problems` are all of its faults, in plain words."""

    def __init__(self, problems: tuple[Finding, ...]) -> None:
        self.problems = problems
        lines = [f"  - {problem.text}; {problem.fix}" for problem in problems]
        super().__init__("\n".join(["the settings are not complete:", *lines]))


class Settings(RemoteSettings, BaseSettings):
    """Everything the environment says. Secrets show as stars in every representation."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    database_url: str | None = None
    public_url: PublicUrl | None = None
    sevengates_var: Path = Path("var")
    sevengates_concurrency: Annotated[int, Field(ge=1, le=64)] = 4
    sevengates_log_level: Annotated[str, Field(pattern="^(debug|info|warning|error)$")] = "info"

    github_api_url: Annotated[str, Field(pattern="^https?://")] = PUBLIC_GITHUB
    github_app_id: Annotated[int, Field(ge=1)] | None = None
    github_private_key: SecretStr | None = None
    github_private_key_previous: SecretStr | None = None
    github_private_key_file: Path | None = None
    github_webhook_secret: SecretStr | None = None
    github_webhook_secret_previous: SecretStr | None = None
    github_token: SecretStr | None = None

    gitlab_url: Annotated[str, Field(pattern="^https?://")] = PUBLIC_GITLAB
    gitlab_token: SecretStr | None = None
    gitlab_webhook_secret: SecretStr | None = None
    gitlab_webhook_secret_previous: SecretStr | None = None
    gitlab_signing_token: SecretStr | None = None
    gitlab_signing_token_previous: SecretStr | None = None
    gitlab_approval_rule: bool = False
    gitlab_thread: bool = False

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read what the caller passes, nothing else: `load` names the environment explicitly."""
        return (init_settings,)

    @field_validator("*", mode="after")
    @classmethod
    def _secrets_are_long_enough(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, SecretStr) and info.field_name not in PRIVATE_KEYS:
            size = len(value.get_secret_value().encode())
            if size < SHORTEST_SECRET:
                words = "is empty" if size == 0 else f"has only {size} bytes"
                raise ValueError(f"{words}; at least {SHORTEST_SECRET} are needed")
        return value

    @field_validator(*PRIVATE_KEYS, mode="after")
    @classmethod
    def _key_is_pem(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        # Platforms that allow no line breaks in a variable keep them as backslash n.
        text = value.get_secret_value().replace("\\n", "\n").strip()
        if not text.startswith("-----BEGIN ") or "PRIVATE KEY-----" not in text:
            raise ValueError("is not the PEM text of a private key (-----BEGIN … PRIVATE KEY-----)")
        return SecretStr(text + "\n")

    @field_validator(*SIGNING_TOKENS, mode="after")
    @classmethod
    def _token_holds_a_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(_signing_key(value)) < SHORTEST_SIGNING_KEY:
            raise ValueError(f"is not whsec_ and base64 of at least {SHORTEST_SIGNING_KEY} bytes")
        return value

    @property
    def has_github(self) -> bool:
        """Whether deliveries of GitHub are accepted."""
        return self.github_webhook_secret is not None

    @property
    def has_gitlab(self) -> bool:
        """Whether deliveries of GitLab are accepted."""
        return self.gitlab_webhook_secret is not None or bool(self.gitlab_signing_keys)

    @property
    def gitlab_signing_keys(self) -> tuple[bytes, ...]:
        """The keys GitLab signs with, the current one first; with any, only a signature counts."""
        tokens = (self.gitlab_signing_token, self.gitlab_signing_token_previous)
        return tuple(_signing_key(token) for token in tokens if token is not None)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret value, for redaction only."""
        values = (getattr(self, name) for name in type(self).model_fields)
        return tuple(value.get_secret_value() for value in values if isinstance(value, SecretStr))


def _signing_key(token: SecretStr) -> bytes:
    """The bytes in a Standard Webhooks secret; none when it is not one."""
    prefix, _, encoded = token.get_secret_value().partition("_")
    try:
        return base64.b64decode(encoded, validate=True) if prefix == "whsec" else b""
    except ValueError:
        return b""


def load(environment: Mapping[str, str]) -> Settings:
    """Read and validate each setting by itself; what belongs together is `require_forge`.

    Raises:
        SettingsError: with every problem at once; no value is ever quoted.
    """
    values = {
        name: environment[name.upper()] for name in Settings.model_fields if name.upper() in environment
    }
    problems: list[Finding] = []
    if values.get("database_url") == "":
        del values["database_url"]
        problems.append(
            _problem("settings.invalid", "DATABASE_URL is empty", "remove it or name a PostgreSQL database")
        )
    if "github_private_key_file" in values and "github_private_key" not in values:
        try:
            values["github_private_key"] = Path(values["github_private_key_file"]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            problems.append(
                _problem(
                    "settings.unreadable-file",
                    f"GITHUB_PRIVATE_KEY_FILE cannot be read: {reason}",
                    "point it to the PEM file of the App's private key",
                )
            )
    try:
        settings = Settings(**values)  # type: ignore[arg-type]
    except ValidationError as error:
        problems += [_invalid(str(item["loc"][0]), item["msg"]) for item in error.errors(include_input=False)]
    if problems:
        read = {"github_private_key"} if "github_private_key_file" in values else set()
        raise SettingsError((*problems, *_gaps(read | values.keys())))
    return settings


def require_forge(settings: Settings) -> None:
    """Return when at least one forge is configured, and every configured one completely.

    Raises:
        SettingsError: naming all that is missing and how to set it.
    """
    given = {name for name in Settings.model_fields if getattr(settings, name) is not None}
    problems = _gaps(given)
    if not problems and not settings.has_github and not settings.has_gitlab:
        problems.append(_problem("settings.no-forge", "no forge is configured", _FIXES["forge"]))
    if problems:
        raise SettingsError(tuple(problems))


def _gaps(given: AbstractSet[str]) -> list[Finding]:
    """What is missing beside the settings that are `given`, right or wrong."""
    return [*_github_gaps(given), *_gitlab_gaps(given)]


def _github_gaps(given: AbstractSet[str]) -> list[Finding]:
    if not given & {"github_app_id", "github_private_key", "github_webhook_secret", "github_token"}:
        return []
    app = given & {"github_app_id", "github_private_key"}
    if app and "github_token" in given:
        return [
            _problem(
                "settings.two-identities",
                "GITHUB_TOKEN is set beside the settings of a GitHub App",
                "keep the App and remove GITHUB_TOKEN (a token can only set commit statuses)",
            )
        ]
    needed = {"github_webhook_secret"}
    needed |= {"github_token"} if "github_token" in given else {"github_app_id", "github_private_key"}
    return [_missing(name) for name in sorted(needed - given)]


def _gitlab_gaps(given: AbstractSet[str]) -> list[Finding]:
    proves = bool(given & {"gitlab_webhook_secret", *SIGNING_TOKENS})
    if "gitlab_token" not in given and not proves:
        return []
    gaps = [] if "gitlab_token" in given else [_missing("gitlab_token")]
    return gaps if proves else [*gaps, _missing("gitlab_webhook_secret")]


def _missing(name: str) -> Finding:
    return _problem("settings.missing", f"{name.upper()} is missing", _FIXES[name])


def _invalid(name: str, message: str) -> Finding:
    fix = _FIXES.get(name, f"correct {name.upper()} or remove it")
    return _problem("settings.invalid", f"{name.upper()}: {message.removeprefix('Value error, ')}", fix)


def _problem(code: str, text: str, fix: str) -> Finding:
    return Finding(code=code, text=text, fix=fix)
