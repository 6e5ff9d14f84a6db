"""One file of a store that fsspec knows: buckets, mounted folders and others the operator allows."""

from collections.abc import Generator
from pathlib import Path

import fsspec

from bot.evidence.remote import NoDriverError, RemoteError, TooLargeRemoteError
from bot.remote.places import StoreUrl

_CHUNK = 1 << 20
_ASK = "Check that the file exists, and that the service may read it."


def store_chunks(url: StoreUrl, max_bytes: int) -> Generator[bytes, None, None]:
    """The bytes at `url`, some at a time. Raises RemoteError.

    The file system is asked by its scheme and the path: URLs of fsspec may be chained, paths may not.
    """
    scheme = url.store.scheme
    try:
        files = fsspec.filesystem(scheme, skip_instance_cache=True)
    except (ImportError, ValueError):
        cure = f"Ask the operator to install what fsspec needs for {scheme}, such as s3fs for s3."
        raise NoDriverError(f"the service has no driver for {scheme}", cure) from None
    if scheme in {"file", "local"} and not _is_inside(url):
        raise RemoteError("it is a link that leads out of the allowed folder", _ASK)
    try:
        _check_size(files.size(url.path), max_bytes)
        with files.open(url.path, "rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except RemoteError:
        raise
    except FileNotFoundError:
        raise RemoteError("it does not exist", _ASK) from None
    except Exception as error:  # noqa: BLE001  drivers share no base
        raise RemoteError(f"the store answered with an error ({type(error).__name__})", _ASK) from None


def _check_size(size: int | None, max_bytes: int) -> None:
    if size is not None and size > max_bytes:
        raise TooLargeRemoteError(f"it holds {size:,} bytes", "Write it as Parquet, or split the data set.")


def _is_inside(url: StoreUrl) -> bool:
    return Path(url.path).resolve().is_relative_to(Path(url.store.root).resolve())
