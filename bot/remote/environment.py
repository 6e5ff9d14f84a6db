"""What the environment says about places to fetch snapshots from."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel

from bot.evidence.remote import NOWHERE, Remote
from bot.remote.places import Places


def _places(text: str) -> str:
    Places.of(text)
    return text


def _hosts(text: str) -> str:
    Places.of(private=text)
    return text


class RemoteSettings(BaseModel):
    """The part of the settings that names places (`Places.of`) and who may sign for their servers."""

    evidence_hosts: Annotated[str, AfterValidator(_places)] = ""
    evidence_private_hosts: Annotated[str, AfterValidator(_hosts)] = ""
    requests_ca_bundle: str = ""


def remote_of(settings: RemoteSettings) -> Remote:
    """Fetches from what the settings allow."""
    return _remote(settings.evidence_hosts, settings.evidence_private_hosts, settings.requests_ca_bundle)


def remote_from(environment: Mapping[str, str]) -> Remote:
    """The same without the rest of the settings. Raises ValueError, which says which entry is wrong."""
    return _remote(
        environment.get("EVIDENCE_HOSTS", ""),
        environment.get("EVIDENCE_PRIVATE_HOSTS", ""),
        environment.get("REQUESTS_CA_BUNDLE", ""),
    )


def _remote(allowed: str, private: str, authorities: str) -> Remote:
    if not allowed.strip() and not private.strip():
        return NOWHERE
    from bot.remote.fetching import RemoteFiles  # noqa: PLC0415  the clients of stores take a while

    return RemoteFiles(places=Places.of(allowed, private), authorities=authorities or None)
