"""The places that the operator allows, as the environment names them."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

HTTPS_PORT = 443

_HOST = re.compile(r"(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::(?P<port>[0-9]{1,5}))?")
_STORE = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<root>[A-Za-z0-9._/-]*)")
_REFUSED = frozenset({"http", "ftp", "ws"})
"""Schemes by which anybody on the way could read and change the bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host of https URLs; `private`: it may have an address that is not public."""

    name: str
    port: int = HTTPS_PORT
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """What lies below `root`, a bucket or a path, of an fsspec scheme; `root` ends with no slash."""

    scheme: str
    root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpsUrl:
    """A URL taken apart, so that nobody reads it otherwise later: `target` is path and query."""

    host: Host
    target: str

    def __str__(self) -> str:
        """The URL, port included."""
        return f"https://{self.host.name}:{self.host.port}{self.target}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreUrl:
    """A path in a store: bucket and key, or a path of this machine."""

    store: Store
    path: str


@dataclass(frozen=True, slots=True)
class Places:
    """Every place that is allowed."""

    hosts: tuple[Host, ...] = ()
    stores: tuple[Store, ...] = ()

    @classmethod
    def of(cls, allowed: str = "", private: str = "") -> "Places":
        """Places as EVIDENCE_HOSTS and EVIDENCE_PRIVATE_HOSTS name them, between commas or spaces.

        A host (``data.example.org``, ``data.example.org:8443``) means https there; ``s3://bucket`` or
        ``file:///mnt/releases`` means everything below. Raises ValueError, which counts the entries and
        quotes none: a password may have strayed into one.
        """
        inside = [_host(entry, number, private=True) for number, entry in _entries(private)]
        named = _entries(allowed)
        stores = (_store(entry, number) for number, entry in named if "://" in entry)
        hosts = (_host(entry, number, private=False) for number, entry in named if "://" not in entry)
        return cls((*inside, *hosts), tuple(stores))

    def find(self, url: str) -> HttpsUrl | StoreUrl | None:
        """What `url` means, when it is in one of them."""
        if url.startswith("https://"):
            return self._https(url)
        scheme, _, path = url.partition("://")
        odd = "::" in url or {"..", "."} & set(path.split("/")) or set(path) & set("*?#[]\\")
        found = (store for store in self.stores if store.scheme == scheme and _is_below(path, store.root))
        store = None if odd else next(found, None)
        return None if store is None else StoreUrl(store=store, path=path)

    def _https(self, url: str) -> HttpsUrl | None:
        try:
            parts = urlsplit(url)
        except ValueError:
            return None
        named = _HOST.fullmatch(parts.netloc)
        if named is None or not url.isascii():
            return None
        port = int(named["port"] or HTTPS_PORT)
        host = next((one for one in self.hosts if (one.name, one.port) == (named["host"], port)), None)
        query = f"?{parts.query}" if parts.query else ""
        return None if host is None else HttpsUrl(host=host, target=f"{parts.path or '/'}{query}")


def _entries(text: str) -> list[tuple[int, str]]:
    return list(enumerate((_bare(entry) for entry in text.replace(",", " ").split()), 1))


def _bare(entry: str) -> str:
    return entry.removeprefix("https://").removesuffix("/") if entry.startswith("https://") else entry


def _host(entry: str, number: int, *, private: bool) -> Host:
    found = _HOST.fullmatch(entry)
    if found is None:
        raise ValueError(
            f"entry {number} is not a host such as data.example.org, in small letters and without a path"
        )
    return Host(name=found["host"], port=int(found["port"] or HTTPS_PORT), private=private)


def _store(entry: str, number: int) -> Store:
    found = _STORE.fullmatch(entry)
    if found is None or found["scheme"] in _REFUSED or ".." in found["root"] or not found["root"].strip("/"):
        raise ValueError(f"entry {number} is no place such as s3://bucket or file:///mnt/releases")
    return Store(scheme=found["scheme"], root=found["root"].rstrip("/"))


def _is_below(path: str, root: str) -> bool:
    return path.startswith(f"{root}/") and not path.endswith("/")
