"""Files over https: within limits, from the allowed host alone, and in words of our own when it fails."""

import gzip
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.evidence.remote import RemoteError
from bot.remote.fetching import RemoteFiles
from bot.remote.places import Places
from tests.fakes.file_server import Server, certificate, dripping, redirect, serving

DATA = bytes(range(256)) * 1000


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as server:
        server.answers["/file"] = DATA
        yield server


def remote(server: Server, *others: str, seconds: float = 20.0) -> RemoteFiles:
    places = Places.of(private=" ".join((server.host, *others)))
    return RemoteFiles(places=places, authorities=server.authorities, seconds=seconds)


class Connections:
    """Every address this process tries to connect to while it listens; all but this machine are stopped."""

    def __init__(self) -> None:
        self.tried: list[str] = []
        self.listening = False
        sys.addaudithook(self._heard)

    def _heard(self, event: str, args: tuple[object, ...]) -> None:
        if not self.listening or event != "socket.connect" or not isinstance(args[1], tuple):
            return
        self.tried.append(str(args[1][0]))
        if args[1][0] != "127.0.0.1":
            raise ConnectionRefusedError("no test leaves this machine")

    @contextmanager
    def heard(self) -> Iterator[list[str]]:
        self.tried, self.listening = [], True
        try:
            yield self.tried
        finally:
            self.listening = False


CONNECTIONS = Connections()


def test_a_file_is_fetched_as_it_is_and_we_say_nothing_about_ourselves(server: Server) -> None:
    found = remote(server).fetch(server.url("/file?version=2#part"), max_bytes=len(DATA))
    assert found == DATA
    ((path, headers),) = server.asked
    assert path == "/file?version=2"
    assert headers.keys() == {"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection"}
    assert (headers["User-Agent"], headers["Accept-Encoding"]) == ("sevengates", "identity")


def test_proxies_passwords_and_cookies_of_the_machine_are_not_used(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine localhost login me password secret")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server.answers["/moved"] = lambda handler: handler.send(b"", 302, Location="/file", Set_Cookie="a=b")
    assert remote(server).fetch(server.url("/moved"), max_bytes=len(DATA)) == DATA
    assert all({"Authorization", "Cookie"}.isdisjoint(headers) for _, headers in server.asked)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_server_may_send_us_to_a_path_of_its_own_and_nowhere_else(status: int, server: Server) -> None:
    server.answers["/moved"] = redirect("/file", status)
    assert remote(server).fetch(server.url("/moved"), max_bytes=len(DATA)) == DATA
    elsewhere = ("https://example.org/", "//example.org/x", "http://localhost/x", f"http://{server.host}/file",
                 "https://127.0.0.1/", f"https://127.0.0.1:{server.server_address[1]}/file", "https://169.254.169.254/latest",
                 "file:///etc/passwd", "s3://bucket/x", "https://[::1]/", "https://allowed.example.org/")  # fmt: skip
    for target in elsewhere:
        server.answers["/moved"] = redirect(target, status)
        with CONNECTIONS.heard() as tried, pytest.raises(RemoteError, match="redirects to another place"):
            remote(server, "allowed.example.org").fetch(server.url("/moved"), max_bytes=len(DATA))
        assert tried == ["127.0.0.1"]


def test_redirects_in_a_circle_end(server: Server) -> None:
    server.answers["/loop"] = redirect("/loop")
    with pytest.raises(RemoteError, match="redirects in a circle"):
        remote(server).fetch(server.url("/loop"), max_bytes=10)
    assert len(server.asked) == 4


@pytest.mark.parametrize("status", [204, 206, 304, 401, 403, 404, 429, 500, 503])
def test_any_other_answer_is_named_by_its_number_alone(status: int, server: Server) -> None:
    server.answers["/x"] = lambda handler: handler.send(
        b"" if status in {204, 304} else b"secret words", status
    )
    with pytest.raises(RemoteError) as raised:
        remote(server).fetch(server.url("/x"), max_bytes=1000)
    assert str(raised.value) == f"the server answered with status {status}"
    assert raised.value.code == "evidence.unreachable"


def test_more_bytes_than_are_read_are_refused_whether_or_not_they_are_announced(server: Server) -> None:
    def unannounced(handler: object) -> None:
        handler.send_response(200)  # type: ignore[attr-defined]
        handler.send_header("Transfer-Encoding", "chunked")  # type: ignore[attr-defined]
        handler.end_headers()  # type: ignore[attr-defined]
        for _ in range(100):
            handler.wfile.write(b"1000\r\n" + bytes(4096) + b"\r\n")  # type: ignore[attr-defined]
        handler.wfile.write(b"0\r\n\r\n")  # type: ignore[attr-defined]

    server.answers["/chunked"] = unannounced
    assert len(remote(server).fetch(server.url("/chunked"), max_bytes=409_600)) == 409_600
    for path in ("/file", "/chunked"):
        with pytest.raises(RemoteError, match="it holds ") as raised:
            remote(server).fetch(server.url(path), max_bytes=5000)
        assert raised.value.code == "evidence.too-large"


def test_compressed_answers_are_refused_before_anything_is_unpacked(server: Server) -> None:
    bomb = gzip.compress(bytes(50 << 20))
    server.answers["/bomb"] = lambda handler: handler.send(bomb, Content_Encoding="gzip")
    with pytest.raises(RemoteError, match="compressed"):
        remote(server).fetch(server.url("/bomb"), max_bytes=100 << 20)


def test_a_server_that_drips_is_left_in_time(server: Server) -> None:
    server.answers["/slow"] = dripping(0.05)
    began = time.monotonic()
    with pytest.raises(RemoteError, match="it took too long"):
        remote(server, seconds=0.5).fetch(server.url("/slow"), max_bytes=5000)
    assert time.monotonic() - began < 10


def test_a_server_that_hangs_up_in_the_middle_has_not_sent_the_file(server: Server) -> None:
    def broken(handler: object) -> None:
        handler.send(DATA[:1000], Content_Length=str(len(DATA)))  # type: ignore[attr-defined]
        handler.close_connection = True  # type: ignore[attr-defined]

    server.answers["/broken"] = broken
    with pytest.raises(RemoteError, match="the server cannot be reached"):
        remote(server).fetch(server.url("/broken"), max_bytes=len(DATA))


def test_nobody_there_and_no_such_name_are_unreachable(server: Server) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"localhost:{free.getsockname()[1]}"
    for host in (closed, "no-such-host.invalid"):
        with pytest.raises(RemoteError, match="the server cannot be reached"):
            remote(server, host).fetch(f"https://{host}/x", max_bytes=10)


def test_a_certificate_of_nobody_known_is_refused(server: Server, tmp_path: Path) -> None:
    public = RemoteFiles(places=Places.of(private=server.host))
    other = RemoteFiles(
        places=Places.of(private=server.host), authorities=str(certificate(tmp_path, "other"))
    )
    for files in (public, other):
        with pytest.raises(RemoteError, match="certificate is not valid"):
            files.fetch(server.url("/file"), max_bytes=len(DATA))
    assert server.asked == []


PRIVATE = [
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "169.254.170.2",
    "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "192.88.99.1",
    "168.63.129.16", "224.0.0.1", "240.0.0.1", "255.255.255.255", "0.0.0.0", "0.1.2.3",
    "::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "::a00:1", "fc00::1", "fd00:ec2::254", "fd20:ce::254",
    "fe80::1", "ff02::1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:db8::1", "2001::1", "5f00::1", "3fff::1",
]  # fmt: skip


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """A resolver that gives these addresses one after the other for any name, and an address for itself."""
    left = list(answers)

    def getaddrinfo(host: str, port: int, *_: object, **__: object) -> list[tuple[object, ...]]:
        literal = host.replace(".", "").isdigit() or ":" in host
        address = host if literal else left.pop(0) if len(left) > 1 else left[0]
        six = ":" in address
        family = socket.AF_INET6 if six else socket.AF_INET
        place = (address, port, 0, 0) if six else (address, port)
        return [(family, socket.SOCK_STREAM, 6, "", place)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return left


@pytest.mark.parametrize("address", PRIVATE)
def test_a_public_host_with_an_address_that_is_not_public_is_never_connected_to(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, address)
    files = RemoteFiles(places=Places.of("data.example.org 127.0.0.1"))
    with CONNECTIONS.heard() as tried, pytest.raises(RemoteError, match="an address that is not public"):
        files.fetch("https://data.example.org/x", max_bytes=10)
    assert tried == []


def test_a_name_that_changes_its_address_is_connected_to_where_it_was_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolving(monkeypatch, "93.184.216.34", "127.0.0.1")
    files = RemoteFiles(places=Places.of("data.example.org"))
    with CONNECTIONS.heard() as tried, pytest.raises(RemoteError, match="cannot be reached"):
        files.fetch("https://data.example.org/x", max_bytes=10)
    assert tried == ["93.184.216.34"]


def test_this_machine_is_private_though_the_operator_names_it_among_the_public_ones(server: Server) -> None:
    files = RemoteFiles(places=Places.of(server.host), authorities=server.authorities)
    with CONNECTIONS.heard() as tried, pytest.raises(RemoteError) as raised:
        files.fetch(server.url("/file"), max_bytes=len(DATA))
    assert tried == []
    assert "EVIDENCE_PRIVATE_HOSTS" in raised.value.cure


def test_a_url_that_is_not_allowed_is_not_fetched_either(server: Server) -> None:
    files = RemoteFiles(places=Places.of("data.example.org"))
    assert not files.allows(server.url("/file"))
    with CONNECTIONS.heard() as tried, pytest.raises(RemoteError):
        files.fetch(server.url("/file"), max_bytes=10)
    assert tried == []
