"""Files of stores that fsspec knows: only below what is allowed, and in words of our own when it fails."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from bot.evidence.remote import NOWHERE, RemoteError
from bot.remote.environment import RemoteSettings, remote_from, remote_of
from bot.remote.fetching import RemoteFiles
from bot.remote.places import Places

DATA = bytes(range(256)) * 10_000


class Bucket(MemoryFileSystem):
    """A store like s3: bucket and key, here in memory; some keys fail as drivers do."""

    protocol = ("bucket",)

    def open(self, path: str, mode: str = "rb", **kwargs: Any) -> Any:
        if path.endswith("forbidden") and mode == "rb":
            raise PermissionError("secret words of the store")
        return super().open(path, mode, **kwargs)

    def size(self, path: str) -> int | None:
        return None if path.endswith("unsized") else int(super().size(path))


@pytest.fixture
def bucket() -> Iterator[MemoryFileSystem]:
    fsspec.register_implementation("bucket", Bucket, clobber=True)
    store = Bucket()
    for key in ("street/v2.parquet", "street/unsized", "street/forbidden", "other/x"):
        store.pipe_file(f"releases/{key}", DATA)
    yield store
    store.store.clear()


def remote(*places: str) -> RemoteFiles:
    return RemoteFiles(places=Places.of(" ".join(places)))


def test_a_file_of_an_allowed_bucket_is_fetched(bucket: MemoryFileSystem) -> None:
    files = remote("bucket://releases/street")
    for key in ("v2.parquet", "unsized"):
        assert files.fetch(f"bucket://releases/street/{key}", max_bytes=len(DATA)) == DATA


@pytest.mark.parametrize(
    ("key", "code", "said"),
    [
        ("street/none", "evidence.unreachable", "it does not exist"),
        ("street/forbidden", "evidence.unreachable", "the store answered with an error (PermissionError)"),
        ("other/x", "evidence.unreachable", "it is not in an allowed place"),
        ("street/../other/x", "evidence.unreachable", "it is not in an allowed place"),
    ],
)
def test_what_cannot_be_fetched_is_named_without_the_words_of_the_store(
    key: str, code: str, said: str, bucket: MemoryFileSystem
) -> None:
    with pytest.raises(RemoteError) as raised:
        remote("bucket://releases/street").fetch(f"bucket://releases/{key}", max_bytes=len(DATA))
    assert (raised.value.code, str(raised.value)) == (code, said)


@pytest.mark.parametrize("key", ["v2.parquet", "unsized"])
def test_more_bytes_than_are_read_are_refused(key: str, bucket: MemoryFileSystem) -> None:
    with pytest.raises(RemoteError, match="it holds ") as raised:
        remote("bucket://releases/street").fetch(f"bucket://releases/street/{key}", max_bytes=5000)
    assert raised.value.code == "evidence.too-large"


def test_a_driver_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    for scheme in ("s3", "carrier-pigeon"):
        with pytest.raises(RemoteError) as raised:
            remote(f"{scheme}://releases").fetch(f"{scheme}://releases/x", max_bytes=10)
        assert raised.value.code == "evidence.no-driver"
        assert str(raised.value) == f"the service has no driver for {scheme}"


def test_a_mounted_folder_is_read_and_links_out_of_it_are_not(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "deep" / "x").write_bytes(DATA)
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "secret")
    (tmp_path / "in" / "folder").symlink_to(tmp_path)
    (tmp_path / "in" / "inner").symlink_to(tmp_path / "in" / "deep" / "x")
    files = remote(f"file://{tmp_path}/in")
    for path in ("deep/x", "inner"):
        assert files.fetch(f"file://{tmp_path}/in/{path}", max_bytes=len(DATA)) == DATA
    for path in ("link", "folder/secret"):
        with pytest.raises(RemoteError, match="leads out of the allowed folder"):
            files.fetch(f"file://{tmp_path}/in/{path}", max_bytes=len(DATA))
    with pytest.raises(RemoteError, match="the store answered with an error"):
        files.fetch(f"file://{tmp_path}/in/deep", max_bytes=len(DATA))


def test_the_environment_names_the_places(tmp_path: Path) -> None:
    environment = {
        "EVIDENCE_HOSTS": "data.example.org",
        "EVIDENCE_PRIVATE_HOSTS": "minio:9000",
        "REQUESTS_CA_BUNDLE": "",
    }
    expected = RemoteFiles(places=Places.of("data.example.org", "minio:9000"))
    assert remote_from(environment) == expected
    assert (
        remote_of(RemoteSettings(evidence_hosts="data.example.org", evidence_private_hosts="minio:9000"))
        == expected
    )
    assert remote_from({"REQUESTS_CA_BUNDLE": "ca.pem"}) is NOWHERE
    found = remote_from({"REQUESTS_CA_BUNDLE": "ca.pem", "EVIDENCE_PRIVATE_HOSTS": "minio"})
    assert found == RemoteFiles(places=Places.of(private="minio"), authorities="ca.pem")
    with pytest.raises(ValueError, match="is not a host"):
        remote_from({"EVIDENCE_HOSTS": "*"})
