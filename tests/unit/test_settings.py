"""The environment: complete or refused, with every gap named and no value shown."""

import base64
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.evidence.remote import NOWHERE
from bot.remote.environment import remote_of
from bot.settings import Settings, SettingsError, load, require_forge

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"
SECRET = "correct-horse-battery"
SIGNING_TOKEN = "whsec_" + base64.b64encode(b"k" * 32).decode()
APP = {"GITHUB_APP_ID": "12", "GITHUB_PRIVATE_KEY": PEM, "GITHUB_WEBHOOK_SECRET": SECRET}


def problems(environment: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        require_forge(load(environment))
    return [f"{problem.code} {problem.text}" for problem in refused.value.problems]


def test_a_complete_app_is_accepted() -> None:
    settings = load(APP)
    require_forge(settings)
    assert (settings.github_app_id, settings.has_github, settings.has_gitlab) == (12, True, False)
    assert settings.secrets == (PEM + "\n", SECRET)


def test_places_of_snapshots_are_named_one_by_one() -> None:
    settings = load(
        {"EVIDENCE_HOSTS": "data.example.org s3://releases", "EVIDENCE_PRIVATE_HOSTS": "minio:9000"}
    )
    found = remote_of(settings)
    assert [
        found.allows(f"{place}/x")
        for place in ("https://data.example.org", "s3://releases", "https://minio:9000")
    ]
    assert not found.allows("https://minio/x")
    assert remote_of(load({})) is NOWHERE
    said = "is not a host such as data.example.org, in small letters and without a path"
    assert problems(
        {"EVIDENCE_HOSTS": "*.example.org", "EVIDENCE_PRIVATE_HOSTS": "minio s3://key:secret@b"}
    ) == [
        f"settings.invalid EVIDENCE_HOSTS: entry 1 {said}",
        f"settings.invalid EVIDENCE_PRIVATE_HOSTS: entry 2 {said}",
    ]


def test_a_token_and_a_secret_are_enough_for_commit_statuses() -> None:
    require_forge(load({"GITHUB_TOKEN": "t" * 20, "GITHUB_WEBHOOK_SECRET": SECRET}))


@pytest.mark.parametrize(
    "secret",
    [
        {"GITLAB_WEBHOOK_SECRET": SECRET},
        {"GITLAB_SIGNING_TOKEN": SIGNING_TOKEN},
        {"GITLAB_SIGNING_TOKEN_PREVIOUS": SIGNING_TOKEN},
    ],
)
def test_a_configured_gitlab_is_accepted(secret: dict[str, str]) -> None:
    settings = load({"GITLAB_TOKEN": "t" * 20, **secret})
    require_forge(settings)
    assert settings.has_gitlab
    assert (settings.gitlab_approval_rule, settings.gitlab_thread) == (False, False)


def test_signing_tokens_are_read_as_keys_the_current_one_first() -> None:
    other = "whsec_" + base64.b64encode(b"o" * 24).decode()
    settings = load({"GITLAB_SIGNING_TOKEN": SIGNING_TOKEN, "GITLAB_SIGNING_TOKEN_PREVIOUS": other})
    assert settings.gitlab_signing_keys == (b"k" * 32, b"o" * 24)
    assert SIGNING_TOKEN in settings.secrets


@pytest.mark.parametrize(
    "token",
    [
        SECRET,
        SIGNING_TOKEN.removeprefix("whsec_"),
        "WHSEC_" + SIGNING_TOKEN.removeprefix("whsec_"),
        "whsec_" + base64.b64encode(b"k" * 23).decode(),
        "whsec_not base64 at all, but long enough",
        "whsec_" + "é" * 40,
        SIGNING_TOKEN[:-1],
    ],
)
@pytest.mark.parametrize("name", ["GITLAB_SIGNING_TOKEN", "GITLAB_SIGNING_TOKEN_PREVIOUS"])
def test_a_signing_token_that_holds_no_key_is_named(name: str, token: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load({name: token})
    problem, missing = refused.value.problems
    assert missing.text == "GITLAB_TOKEN is missing"
    assert problem.text == f"{name}: is not whsec_ and base64 of at least 24 bytes"
    assert problem.fix.startswith(f"set {name} to the whole token that GitLab made")
    assert token not in str(refused.value)


def test_what_closes_a_merge_on_gitlab_besides_the_status_is_asked_for() -> None:
    settings = load({"GITLAB_APPROVAL_RULE": "true", "GITLAB_THREAD": "1"})
    assert (settings.gitlab_approval_rule, settings.gitlab_thread) == (True, True)
    assert problems({"GITLAB_THREAD": "perhaps"})[0].startswith("settings.invalid GITLAB_THREAD: ")


@pytest.mark.parametrize(
    "address",
    [
        "https://gates.example.org",
        "https://gates.example.org:8443/sevengates",
        "https://[2001:db8::1]/a/b-c_d.e~f",
        "http://localhost:8000",
        "http://127.0.0.1:8000",
        "http://[::1]:8000",
    ],
)
def test_a_public_address_is_https_or_of_this_machine(address: str) -> None:
    assert load({"PUBLIC_URL": address}).public_url == address
    assert load({"PUBLIC_URL": f"{address}/"}).public_url == address
    assert load({}).public_url is None


@pytest.mark.parametrize(
    "address",
    [
        "",
        "gates.example.org",
        "https://",
        "ftp://gates.example.org",
        "HTTPS://gates.example.org",
        "https://user:hunter2@gates.example.org",
        "https://hunter2@gates.example.org",
        "https://gates.example.org?x=1",
        "https://gates.example.org/#x",
        "https://gates.example.org//x",
        "https://gates.example.org/../x",
        "https://gates.example.org/x)",
        "https://gates.example.org/x y",
        "https://gates.example.org\n",
        " https://gates.example.org",
        "https://gates.example.org:port",
        "https://gâtes.example.org",
    ],
)
def test_what_is_no_public_address_is_refused_and_not_shown(address: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load({"PUBLIC_URL": address})
    (problem,) = refused.value.problems
    assert problem.text == "PUBLIC_URL: is not an address such as https://gates.example.org"
    assert problem.fix == "correct PUBLIC_URL or remove it"
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "host", ["gates.example.org", "10.0.0.7", "localhost.example.org", "127.0.0.1.nip.io"]
)
def test_a_public_address_that_anybody_can_listen_to_is_refused(host: str) -> None:
    assert problems({"PUBLIC_URL": f"http://{host}"}) == [
        "settings.invalid PUBLIC_URL: is not https: whoever listens could read the lists"
    ]


def test_nothing_configured_says_what_to_set() -> None:
    with pytest.raises(
        SettingsError, match="set GITHUB_APP_ID, GITHUB_PRIVATE_KEY and GITHUB_WEBHOOK_SECRET"
    ):
        require_forge(load({}))


def test_every_gap_is_named_at_once() -> None:
    assert problems({"GITHUB_APP_ID": "12", "GITLAB_TOKEN": "t" * 20}) == [
        "settings.missing GITHUB_PRIVATE_KEY is missing",
        "settings.missing GITHUB_WEBHOOK_SECRET is missing",
        "settings.missing GITLAB_WEBHOOK_SECRET is missing",
    ]
    assert problems({"GITLAB_WEBHOOK_SECRET": SECRET}) == ["settings.missing GITLAB_TOKEN is missing"]
    assert problems({"GITHUB_WEBHOOK_SECRET": SECRET})[0] == "settings.missing GITHUB_APP_ID is missing"


def test_what_is_missing_is_named_beside_what_is_wrong() -> None:
    with pytest.raises(SettingsError) as refused:
        load({"GITHUB_APP_ID": "12", "GITHUB_WEBHOOK_SECRET": ""})
    assert [problem.text for problem in refused.value.problems] == [
        "GITHUB_WEBHOOK_SECRET: is empty; at least 16 are needed",
        "GITHUB_PRIVATE_KEY is missing",
    ]


def test_an_app_beside_a_token_is_refused() -> None:
    assert problems(APP | {"GITHUB_TOKEN": "t" * 20})[0].startswith("settings.two-identities")


def test_every_wrong_value_is_named_at_once_and_none_is_shown() -> None:
    wrong = {
        "PORT": "99999",
        "DATABASE_URL": "",
        "GITHUB_APP_ID": "my-app",
        "GITHUB_PRIVATE_KEY": "hunter2-not-pem",
        "GITHUB_WEBHOOK_SECRET": "short-secret",
        "GITHUB_WEBHOOK_SECRET_PREVIOUS": "",
        "GITHUB_API_URL": "file:///etc/passwd",
    }
    with pytest.raises(SettingsError) as refused:
        load(wrong)
    text = str(refused.value)
    assert len(refused.value.problems) == len(wrong)
    assert "GITHUB_WEBHOOK_SECRET: has only 12 bytes" in text
    assert "GITHUB_WEBHOOK_SECRET_PREVIOUS: is empty" in text
    assert not [value for value in wrong.values() if value and value in text]


def test_the_private_key_may_be_a_file_or_have_escaped_line_breaks(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text(PEM)
    from_file = load({"GITHUB_PRIVATE_KEY_FILE": str(file)}).github_private_key
    escaped = load({"GITHUB_PRIVATE_KEY": PEM.replace("\n", "\\n")}).github_private_key
    assert from_file == escaped == load({"GITHUB_PRIVATE_KEY": PEM}).github_private_key


def test_an_unreadable_key_file_is_named(tmp_path: Path) -> None:
    binary = tmp_path / "key.der"
    binary.write_bytes(b"\xff\xfe")
    for path in (tmp_path / "missing", binary):
        with pytest.raises(SettingsError, match="GITHUB_PRIVATE_KEY_FILE cannot be read"):
            load({"GITHUB_PRIVATE_KEY_FILE": str(path)})


def test_secrets_show_as_stars() -> None:
    shown = repr(load(APP))
    assert SECRET not in shown
    assert "MIIE" not in shown


def test_settings_are_frozen_and_read_nothing_but_what_they_are_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GITHUB_APP_ID", "99")
    settings = Settings()
    assert settings.github_app_id is None
    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]


def test_the_previous_private_key_is_read_and_hidden_like_the_current_one() -> None:
    settings = load(APP | {"GITHUB_PRIVATE_KEY_PREVIOUS": PEM.replace("\n", "\\n")})
    assert settings.github_private_key_previous == settings.github_private_key
    assert PEM.splitlines()[1] not in repr(settings)
    with pytest.raises(SettingsError, match="GITHUB_PRIVATE_KEY_PREVIOUS"):
        load(APP | {"GITHUB_PRIVATE_KEY_PREVIOUS": "not a key, but long enough"})
