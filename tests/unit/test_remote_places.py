"""Which URLs are in a place that the operator allows, and which only look so."""

import pytest

from bot.remote.places import Host, HttpsUrl, Places, Store, StoreUrl

PLACES = Places.of(
    "data.example.org, files.example.org:8443 https://plain.example.org/ s3://releases/street file:///mnt/data/",
    "minio.internal:9000",
)

ALLOWED = {
    "https://data.example.org": "https://data.example.org:443/",
    "https://data.example.org/": "https://data.example.org:443/",
    "https://data.example.org:443/a/b.parquet?version=2": "https://data.example.org:443/a/b.parquet?version=2",
    "https://data.example.org/a#part": "https://data.example.org:443/a",
    "https://files.example.org:8443/x": "https://files.example.org:8443/x",
    "https://plain.example.org/x": "https://plain.example.org:443/x",
    "https://minio.internal:9000/x": "https://minio.internal:9000/x",
}

HOSTS = [
    "evil.org",
    "data.example.org.evil.org",
    "evil-data.example.org",
    "a.data.example.org",
    "data.example.org.",
    "DATA.example.org",
    "data.example.or",
    "data.example.org:80",
    "data.example.org:8443",
    "data.example.org:0443x",
    "files.example.org",
    "files.example.org:443",
    "minio.internal",
    "minio.internal:443",
    "localhost",
    "localhost:443",
    "127.0.0.1",
    "127.1",
    "127.0.0.1:443",
    "0",
    "0.0.0.0",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.nip.io",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
    "metadata.google.internal",
    "[::1]",
    "[::]",
    "[::1]:443",
    "[::ffff:127.0.0.1]",
    "[::127.0.0.1]",
    "[fd00:ec2::254]",
    "[fd20:ce::254]",
    "[fe80::1%25eth0]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "①②⑦.⓪.⓪.①",
    "ⓓata.example.org",
    "d\N{CYRILLIC SMALL LETTER A}ta.example.org",
    "data。example。org",
    "data.example.org%00",
    "data.example.org%2f.evil.org",
    "data.example.org\\",
    "data.example.org\\.evil.org",
    "data.example.org;evil.org",
    "data.example.org,evil.org",
    "data.example.org&evil.org",
    "data.example.org:",
    "data.example.org:-1",
    "data.example.org:99999",
    "data.example.org:443:443",
    "user:pw@data.example.org",
    "data.example.org@evil.org",
    "evil.org?data.example.org",
    "evil.org#data.example.org",
    "",
    " data.example.org",
    "data.example.org ",
    "%64ata.example.org",
    "data_example.org",
    "-data.example.org",
    ".data.example.org",
    "data..example.org",
    "*.example.org",
    "kubernetes.default.svc",
]
SCHEMES = [
    "http://data.example.org/x", "HTTPS://data.example.org/x", "https:/data.example.org/x", "https:data.example.org/x",
    "//data.example.org/x", "ftp://data.example.org/x", "gopher://data.example.org/x", "dict://127.0.0.1:11211/", "data:text/plain,x",
    "javascript:alert(1)", "s3://other/x", "s3://releases/x", "s3://releases/streets/x", "s3://releases/street", "s3://releases/street/",
    "s3://releases/street/../../other/x", "s3://releases/street/./x", "s3://releases/street/x::https://evil.org/y",
    "simplecache::s3://releases/street/x", "zip://x::s3://releases/street/x", "s3://releases/street/*.parquet", "s3://releases/street/x?versionId=2",
    "s3://releases/street/x#y", "s3://releases/street/[ab]", "S3://releases/street/x", "gs://releases/street/x", "file:///etc/passwd",
    "file:///mnt/data", "file:///mnt/data/../../etc/passwd", "file:///mnt/database/x", "file://localhost/mnt/data/x", "file:/mnt/data/x",
    "local:///mnt/data/x", "memory://mnt/data/x", "reference:///mnt/data/x", "file:///mnt/data/x\\..\\y", "jar:file:///mnt/data/x!/y",
]  # fmt: skip


@pytest.mark.parametrize("url", ALLOWED)
def test_what_is_allowed_is_taken_apart_once(url: str) -> None:
    found = PLACES.find(url)
    assert isinstance(found, HttpsUrl)
    assert str(found) == ALLOWED[url]
    assert found.host.private is ("minio" in url)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", ["", "/x.parquet"])
def test_no_other_host_is_allowed_however_it_is_written(host: str, path: str) -> None:
    assert PLACES.find(f"https://{host}{path}") is None


@pytest.mark.parametrize("url", SCHEMES)
def test_no_other_scheme_bucket_or_folder_is_allowed(url: str) -> None:
    assert PLACES.find(url) is None


def test_the_corpus_is_no_smaller_than_it_should_be() -> None:
    assert len(set(HOSTS)) + len(set(SCHEMES)) >= 100


def test_stores_are_named_by_scheme_and_what_lies_below() -> None:
    street, data = Store(scheme="s3", root="releases/street"), Store(scheme="file", root="/mnt/data")
    assert PLACES.stores == (street, data)
    assert PLACES.find("s3://releases/street/v2/x.parquet") == StoreUrl(
        store=street, path="releases/street/v2/x.parquet"
    )
    assert PLACES.find("file:///mnt/data/x.parquet") == StoreUrl(store=data, path="/mnt/data/x.parquet")


def test_nothing_is_allowed_by_default() -> None:
    assert Places.of() == Places()
    assert Places.of("", "").find("https://data.example.org/x") is None


def test_a_host_named_as_private_is_so_though_it_is_named_twice() -> None:
    found = Places.of("a.org", "a.org").find("https://a.org/x")
    assert isinstance(found, HttpsUrl)
    assert found.host == Host(name="a.org", private=True)


@pytest.mark.parametrize(
    ("allowed", "private"),
    [
        ("http://data.example.org", ""), ("https://data.example.org/path", ""), ("Data.example.org", ""), ("data.example.org:x", ""),
        ("data.example.org/path", ""), ("*.example.org", ""), ("s3://", ""), ("file:///", ""), ("ftp://host/x", ""), ("s3://a/../b", ""),
        ("s3://a*", ""), ("", "s3://bucket"), ("", "http://minio"),
    ],
)  # fmt: skip
def test_a_place_that_is_none_is_counted_and_not_quoted(allowed: str, private: str) -> None:
    with pytest.raises(ValueError, match=r"^entry 2 is (not a host|no place) such as ") as raised:
        Places.of(allowed and f"a.org {allowed}", private and f"a.org {private}")
    assert str(raised.value).partition(" such as ")[0] in {"entry 2 is not a host", "entry 2 is no place"}
