"""Exported files in archives: read without unpacking, and refused by name when they are hostile."""

import gzip
import random
import struct
import tarfile
import zipfile

import pytest

from bot.answers import Answer, Outcome
from bot.evidence.archives.files import ArchiveFiles, open_archive
from bot.evidence.archives.members import Limits, RefusedArchiveError
from bot.evidence.archives.tar_archive import TarArchive
from bot.evidence.archives.zip_archive import ZipArchive
from bot.evidence.coco import read_coco
from bot.evidence.export_config import read_export_config
from bot.evidence.exports.load import load_exported
from bot.evidence.exports.model import ExportedFiles, ExportEvidence
from bot.evidence.model import Label, Loaded
from bot.evidence.sources import Naming, RefusedSourceError
from bot.export_rules import ExportRule
from bot.forges.base import ObjectKind
from bot.forges.errors import NotFoundError, TooLargeError
from bot.gates.export_validated import check
from bot.manifest import Source
from tests.fakes import archives
from tests.fakes.archives import ENDINGS, edited, member, packed, tarred, zip_link, zipped
from tests.fakes.exporter import CLASSES, Mistakes, config, export, snapshot
from tests.fakes.file_trees import MemoryFiles

NAMING = Naming(file="release.yaml", key=("exports", 0), what="The exported files", line=lambda _: 9)
ROW = b"0 0.5 0.5 0.1 0.1\n"
BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "cc"><!ENTITY d "&b;&b;">]><annotation>&d;</annotation>'
GZIPPED = gzip.compress(tarred([(member("a.txt", 64 << 20), bytes(64 << 20))]))
SMALL = Limits(members=5, member=1 << 20, unpacked=2 << 20, ratio=50, ratio_from=1 << 16)


def load(data: bytes, ending: str, form: str = "") -> Loaded[ExportedFiles]:
    path = f"out{ending}"
    settings = read_export_config(config(form), file="e.yaml").value if form else None
    files = MemoryFiles({path: data})
    return load_exported(
        files, Source(path=f"/{path}"), NAMING, manifest_path="release.yaml", config=settings
    )


def refusal(data: bytes, ending: str) -> tuple[str, str]:
    read = load(data, ending, "yolo")
    assert read.value is None
    (problem,) = read.problems
    assert (problem.file, problem.line) == ("release.yaml", 9)
    assert read.used is not None
    return problem.code, problem.text


def judged(form: str, ending: str, wrong: Mistakes, folder: str = "") -> Answer:
    root, files = export(form, wrong)
    base = root if root in files else f"{root}/"
    inside = {f"{folder}{path.removeprefix(base) or 'export.json'}": data for path, data in files.items()}
    if root in files:
        inside = {f"{folder}{root.rpartition('/')[2]}": files[root]}
    return check(
        labels=Loaded(value=tuple(Label(id=name, name=name) for name in CLASSES)),
        snapshot=read_coco(snapshot(), file="snapshot.json"),
        exports=(
            ExportEvidence(
                config=read_export_config(config(form), file="e.yaml"),
                artefact=load(packed(inside, ending), ending, form),
            ),
        ),
        downstream=(),
        rule=ExportRule(),
    )


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("form", ["coco", "yolo", "segment", "voc", "jsonl", "huggingface", "parquet"])
def test_an_archive_is_judged_like_the_directory_it_was_made_of(form: str, ending: str) -> None:
    right, wrong = judged(form, ending, Mistakes()), judged(form, ending, Mistakes(drop_class="tram"))
    assert (right.outcome, right.codes) == (Outcome.PASSED, ())
    assert (wrong.outcome, wrong.codes) == (Outcome.FAILED, ("export.class-counts",))


@pytest.mark.parametrize("form", ["yolo", "voc", "coco"])
@pytest.mark.parametrize("folder", ["street v2/", "./", "a/b/"])
def test_what_lies_in_one_folder_of_the_archive_is_found(form: str, folder: str) -> None:
    assert judged(form, ".tar.gz", Mistakes(), folder).outcome is Outcome.PASSED


def test_faults_name_the_member_and_its_line() -> None:
    files = {
        "data.yaml": b"train: images\nnames: [car]\n",
        "images/a.jpg": b"1",
        "labels/a.txt": b"7 0 0 0 0\n",
    }
    loaded = load(packed(files, ".zip"), ".zip")
    assert loaded.value is not None
    (fault,) = loaded.value.faults
    assert (fault.code, fault.file, fault.line) == ("export.class-unknown", "out.zip/labels/a.txt", 1)


def test_what_file_managers_add_is_no_part_of_the_export() -> None:
    files = {
        "images/a.jpg": b"1",
        "labels/a.txt": ROW,
        "labels/.DS_Store": b"",
        "__MACOSX/labels/._a.txt": b"\0\5\26\7",
    }
    loaded = load(packed(files, ".zip"), ".zip", "yolo")
    assert loaded.value is not None
    assert loaded.value.faults == ()


def test_several_data_sets_in_one_archive_have_no_root_of_their_own() -> None:
    files = {"one/data.yaml": b"names: [a]", "two/data.yaml": b"names: [b]", "two/deep/data.yaml": b""}
    archive = open_archive(packed(files, ".tar"), "out.tar", NAMING)
    assert archive.root(("data.yaml",)) == "out.tar"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../labels/a.txt", "leads out of its directory"),
        ("labels/../../a.txt", "leads out of its directory"),
        ("labels/..", "leads out of its directory"),
        ("/etc/labels/a.txt", "has an absolute path"),
        ("//host/share/a.txt", "has an absolute path"),
        ("C:/labels/a.txt", "begins with a drive letter"),
        ("c:a.txt", "begins with a drive letter"),
        ("labels\\a.txt", "has a backslash"),
        ("..\\a.txt", "has a backslash"),
    ],
)
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_member_that_would_lie_elsewhere_is_refused_by_name(name: str, why: str, ending: str) -> None:
    code, text = refusal(packed({name: ROW}, ending), ending)
    assert code == "export.archive-path"
    assert why in text
    assert name in text


def test_a_name_with_a_nul_is_refused() -> None:
    data = zipped([("labels/a.txt0", ROW)]).replace(b"a.txt0", b"a.txt\0")
    assert refusal(data, ".zip")[0] == "export.archive-path"
    info = member("a.txt", len(ROW))
    info.pax_headers = {"path": "a\0.txt"}
    assert refusal(tarred([(info, ROW)]), ".tar")[0] == "export.archive-path"


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ([("a.txt", ROW), ("a.txt", ROW)], "duplicate"),
        ([("a.txt", ROW), ("./a.txt", ROW)], "duplicate"),
        ([("a", ROW), ("a/b.txt", ROW)], "duplicate"),
        ([("a/b.txt", ROW), ("a", ROW)], "duplicate"),
        ([("a", ROW), ("a/", b"")], "duplicate"),
        ([("a/", b""), ("a/", b""), ("a.jpg", b"")], ""),
        ([("labels.zip", b"")], "nested"),
        ([("b.txt.gz", b"")], "nested"),
        ([("inner.TAR", b"")], "nested"),
        ([zip_link("a.txt", "/etc/passwd")], "link"),
        ([zip_link("a.txt", "", 0o010000)], "special"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_zip_members_that_are_ambiguous_or_no_plain_files_are_refused(members: list, code: str) -> None:
    read = load(zipped(members), ".zip", "yolo")
    assert [problem.code for problem in read.problems] == ([f"export.archive-{code}"] if code else [])


@pytest.mark.parametrize(
    ("info", "code"),
    [
        (member("a.txt", kind=tarfile.SYMTYPE, link="/etc/passwd"), "link"),
        (member("a.txt", kind=tarfile.LNKTYPE, link="b.txt"), "link"),
        (member("a.txt", kind=tarfile.FIFOTYPE), "special"),
        (member("a.txt", kind=tarfile.CHRTYPE), "special"),
    ],
)
def test_tar_members_that_are_no_plain_files_are_refused(info: tarfile.TarInfo, code: str) -> None:
    assert refusal(tarred([(info, b"")]), ".tar")[0] == f"export.archive-{code}"


def test_a_sparse_file_of_ten_gigabytes_is_refused_without_being_read() -> None:
    assert refusal(archives.sparse_tar("a.txt", 10 << 30), ".tar") == (
        "export.archive-special",
        'The exported files `out.tar` are not read: "a.txt" is a sparse file.',
    )


@pytest.mark.parametrize(
    ("data", "ending", "code", "says"),
    [
        (zipped([("a.txt", bytes(32 << 20))]), ".zip", "bomb", '"a.txt" becomes 33,554,432 bytes, 1,02'),
        (
            zipped([(f"{n}.txt", bytes(9 << 20)) for n in range(4)]),
            ".zip",
            "bomb",
            "it becomes 18,874,368 bytes",
        ),
        (archives.overlapping(), ".zip", "bomb", '"a.txt" and "b.txt" overlap'),
        (archives.forty_two(), ".zip", "nested", '"lib 0.zip" is an archive within the archive'),
        (GZIPPED, ".tgz", "bomb", "it becomes more than 16,777,216 bytes unpacked"),
    ],
    ids=["one member", "many members", "overlapping", "nested", "gzip"],
)
def test_bombs_are_refused_before_they_go_off(data: bytes, ending: str, code: str, says: str) -> None:
    found, text = refusal(data, ending)
    assert found == f"export.archive-{code}"
    assert says in text


def test_gzip_of_a_long_tar_is_stopped_where_it_becomes_too_much() -> None:
    rows = [(member(f"{number}.jpg", 1 << 20), bytes(1 << 20)) for number in range(64)]
    assert refusal(gzip.compress(tarred(rows)), ".tar.gz")[0] == "export.archive-bomb"


@pytest.mark.parametrize(
    ("sizes", "code"),
    [([(2 << 20)], "too-large"), ([600_000] * 4, "too-large"), ([1] * 6, "too-large"), ([1] * 5, "")],
)
@pytest.mark.parametrize("ending", [".zip", ".tar", ".tgz"])
def test_more_bytes_or_members_than_the_limits_allow_are_refused(
    sizes: list[int], code: str, ending: str
) -> None:
    noise = random.Random(4).randbytes(max(sizes))
    data = packed({f"{number}.txt": noise[:size] for number, size in enumerate(sizes)}, ending)
    found = ""
    try:
        (ZipArchive if ending == ".zip" else TarArchive)(data, SMALL)
    except RefusedArchiveError as error:
        found = error.code
    assert found == code


def test_directories_count_as_members_too() -> None:
    with pytest.raises(RefusedArchiveError, match="more than 5 members"):
        TarArchive(tarred([(member(f"d{n}/", kind=tarfile.DIRTYPE), b"") for n in range(6)]), SMALL)


@pytest.mark.parametrize(
    "data",
    [
        edited(zipped([("a.txt", ROW)]), archives.FILE_SIZE, struct.pack("<I", 3)),
        edited(zipped([("a.txt", ROW)]), archives.FILE_SIZE, struct.pack("<I", 300)),
        edited(zipped([("a.txt", ROW)]), archives.FLAGS, b"\1"),
        edited(zipped([("a.txt", ROW)]), archives.METHOD, b"\x63"),
        edited(zipped([("a.txt", ROW)]), archives.OFFSET, struct.pack("<I", 1 << 30)),
        zipped([("a.txt", ROW)], zipfile.ZIP_BZIP2),
        zipped([("a.txt", ROW)], zipfile.ZIP_LZMA),
        zipped([("a.txt", ROW)])[:-30],
        b"",
        b"PK\5\6",
    ],
    ids=["smaller", "larger", "encrypted", "method", "elsewhere", "bzip2", "lzma", "cut", "empty", "end"],
)
def test_a_zip_archive_that_is_damaged_or_lies_is_refused(data: bytes) -> None:
    assert refusal(data, ".zip")[0] == "export.archive-unreadable"


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("data", "ending"),
    [
        (archives.negative_tar("a.txt"), ".tar"),
        (tarred([(member("a.txt", len(ROW)), ROW)])[:600], ".tar"),
        (tarred([(member("a.txt", len(ROW)), ROW)])[:520], ".tar"),
        (b"no tar", ".tar"),
        (b"", ".tar"),
        (gzip.compress(tarred([(member("a.txt", len(ROW)), ROW)]))[:-20], ".tgz"),
        (b"\x1f\x8bno gzip", ".tgz"),
        (ROW, ".tar.bz2"),
        (ROW, ".7z"),
    ],
    ids=["negative", "cut", "cut in a file", "words", "empty", "cut gzip", "no gzip", "bzip2", "7z"],
)
def test_a_tar_archive_that_is_damaged_lies_or_is_of_another_kind_is_refused(
    data: bytes, ending: str
) -> None:
    assert refusal(data, ending)[0] == "export.archive-unreadable"


@pytest.mark.timeout(20)
def test_a_pax_header_with_a_negative_size_ends() -> None:
    info = member("a.txt", 0)
    info.pax_headers = {"size": "-1024"}
    assert refusal(tarred([(info, b"")]), ".tar")[0] == "export.archive-unreadable"


def test_an_entity_bomb_in_an_archive_is_refused() -> None:
    read = load(packed({"train/a.xml": BOMB}, ".zip"), ".zip", "voc")
    assert [(problem.code, problem.file) for problem in read.problems] == [
        ("evidence.unsafe-xml", "out.zip/train/a.xml")
    ]


def test_an_archive_of_files_of_no_format_is_said() -> None:
    read = load(packed({"a.jpg": b"1"}, ".zip"), ".zip")
    assert [problem.code for problem in read.problems] == ["export.unknown-format"]


def opened() -> ArchiveFiles:
    return open_archive(packed({"labels/a.txt": ROW, "a.jpg": b"\xff"}, ".tar"), "out.tar", NAMING)


def test_an_archive_answers_like_a_tree() -> None:
    files = opened()
    kinds = [
        entry.kind if (entry := files.entry(f"out.tar/{name}")) else None
        for name in ("a.jpg", "labels", "no")
    ]
    assert kinds == [ObjectKind.FILE, ObjectKind.DIRECTORY, None]
    assert files.read("out.tar/labels/a.txt", max_bytes=100) == ROW
    with pytest.raises(NotFoundError):
        files.read("out.tar/labels", max_bytes=100)
    with pytest.raises(TooLargeError):
        files.read("out.tar/labels/a.txt", max_bytes=3)
    with pytest.raises(RefusedSourceError):
        files.read("out.tar/a.jpg", max_bytes=100)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("ending", ENDINGS)
def test_no_damage_makes_reading_an_archive_raise(ending: str) -> None:
    chance = random.Random(7)
    _, files = export("yolo", Mistakes())
    whole = packed({path.removeprefix("out/"): data for path, data in files.items()}, ending)
    for _ in range(500):
        damaged = bytearray(whole[: chance.randrange(len(whole))] if chance.random() < 0.3 else whole)
        for _ in range(chance.randrange(4)):
            if damaged:
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        read = load(bytes(damaged), ending, "yolo")
        assert (read.value is None) is bool(read.problems)
