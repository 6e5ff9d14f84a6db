"""One file over https, from an address that may be asked, without redirects to anywhere else."""

import ipaddress
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin

import requests
import urllib3
from requests_hardened import Config, Manager
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter

from bot.evidence.remote import RemoteError, TooLargeRemoteError
from bot.remote.places import Host, HttpsUrl, Places

REDIRECTS = 3
"""How often a server may send us to another path of its own."""
CONNECT, READ = 5.0, 15.0
"""Seconds to connect, and between two packets."""
_CHUNK = 1 << 16

_FORBIDDEN = (
    ipaddress.ip_network("::/96"),  # IPv4 within IPv6, of old
    ipaddress.ip_network("168.63.129.16/32"),  # the platform's own services on Azure, though public
)
_ASK = "Check that the URL can be read without logging in, from where the service runs."


def https_chunks(
    url: HttpsUrl, places: Places, authorities: str | None, max_bytes: int
) -> Generator[bytes, None, None]:
    """The bytes at `url`, some at a time. Raises RemoteError."""
    with _named_errors(), _session(url.host, authorities) as session:
        response = _answered(session, url, places)
        with response:
            length = response.headers.get("Content-Length", "")
            if length.isdigit() and int(length) > max_bytes:
                raise TooLargeRemoteError(f"it holds {int(length):,} bytes", "Write it as Parquet.")
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise RemoteError("it comes compressed, though we asked for it as it is", _ASK)
            while chunk := response.raw.read1(_CHUNK, decode_content=False):
                yield chunk


def _answered(session: requests.Session, url: HttpsUrl, places: Places) -> requests.Response:
    for _ in range(REDIRECTS + 1):
        response = session.get(str(url), stream=True, allow_redirects=False)
        if response.status_code == requests.codes.ok:
            return response
        response.close()
        if not response.is_redirect:
            raise RemoteError(f"the server answered with status {response.status_code}", _ASK)
        target = places.find(urljoin(str(url), response.headers["Location"]))
        if not isinstance(target, HttpsUrl) or target.host != url.host:
            raise RemoteError(
                "the server redirects to another place", "Write the URL where the file itself is."
            )
        url = target
    raise RemoteError("the server redirects in a circle", "Write the URL where the file itself is.")


def _session(host: Host, authorities: str | None) -> requests.Session:
    """A session that uses no proxy, no password file and no cookie of this machine."""
    config = Config(
        ip_filter_enable=not host.private,
        ip_filter_allow_loopback_ips=False,
        never_redirect=True,
        default_timeout=(CONNECT, READ),
        user_agent_override="sevengates",
    )
    session: requests.Session = Manager(config).get_session()
    if not host.private:
        session.mount("https://", _PublicAdapter(is_https_proto=True))
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.verify = authorities or True
    session.headers["Accept-Encoding"] = "identity"
    return session


class _PublicAdapter(IPFilterAdapter):  # type: ignore[misc]  # it has no types
    """Refuses a few addresses more."""

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """Host and options of the connection, the host as the address that was looked at."""
        host, options = super().build_connection_pool_key_attributes(*args, **kwargs)
        address = ipaddress.ip_address(str(host["host"]).strip("[]"))
        if any(address in network for network in _FORBIDDEN):
            raise InvalidIPAddress(address)
        return host, options


@contextmanager
def _named_errors() -> Iterator[None]:
    """Say what went wrong in words of our own: a server's words are never shown."""
    try:
        yield
    except InvalidIPAddress:
        raise RemoteError("its host has an address that is not public", _PRIVATE) from None
    except requests.exceptions.SSLError:
        raise RemoteError("the server's certificate is not valid for it", _ASK) from None
    except (requests.Timeout, urllib3.exceptions.TimeoutError):
        raise RemoteError("the server did not answer in time", _ASK) from None
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError):
        raise RemoteError("the server cannot be reached", _ASK) from None


_PRIVATE = "Ask the operator to name the host in EVIDENCE_PRIVATE_HOSTS, if it is meant to be read."
