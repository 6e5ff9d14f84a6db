"""Gate 5 for any two snapshots, outside of a pull request: files, Parquet folders, or a team's tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from bot.answers import Answer
from bot.evidence.frame_builder import frame_of
from bot.evidence.frame_rows import snapshot_of
from bot.evidence.frames import Frame
from bot.evidence.model import Loaded, Snapshot
from bot.evidence.problems import shown
from bot.evidence.snapshots import load_snapshot
from bot.evidence.sources import Naming
from bot.gates.compare import statements
from bot.gates.compare.doubts import doubts
from bot.gates.compare.engine import Limits, Session, narrowed, session_of
from bot.gates.evidence_state import not_judgeable
from bot.gates.snapshot_compare import GATE, judge
from bot.local_files import LocalFiles
from bot.manifest import IntendedChange, Source
from bot.policy import CompareRule
from bot.shelf import DirectoryShelf, InParquet
from bot.warehouse.errors import not_installed
from bot.warehouse.tables import NEEDED, Tables, columns_of

_NOTHING = Snapshot(items=(), annotations=())
_TABLES: Loaded[Snapshot] = Loaded(value=_NOTHING)
"""Tables that lie elsewhere: nothing of them is looked at but what differs."""


class CannotCompareError(Exception):
    """A snapshot is not there, or none; the message says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Where to compare: at the URL of a warehouse, or without one in this process."""

    url: str | None = None
    scratch: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One snapshot as an engine takes it, and what its reader said of it.

    `content` is None when it could not be read. `told`: a reader has said all that is wrong with
    it; else its tables are still to be looked through.
    """

    name: str
    content: Frame | Tables | None
    told: bool
    piece: Loaded[Snapshot] = _TABLES


def compare(
    old: str,
    new: str,
    *,
    engine: Engine,
    intent: tuple[IntendedChange, ...] | None,
    rule: CompareRule,
    form: str | None = None,
) -> Answer:
    """The answer of gate 5 for `new` against `old`: paths, or with a warehouse also prefixes of tables.

    Raises:
        CannotCompareError: one of them is not there.
        WarehouseError: the engine cannot be asked.
    """
    with TemporaryDirectory(prefix="sevengates-") as folder:
        before, after = (
            _side(name, engine, form, Path(folder) / side) for side, name in (("old", old), ("new", new))
        )
        if before.content is None or after.content is None:
            return not_judgeable(GATE, after.piece, before.piece)
        with _session(before.content, after.content, engine) as session:
            looked = [_looked_through(session, *side) for side in (("old", before), ("new", after))]
            found = narrowed(session, tidy=False)
        frames = (side.content for side in (before, after))
        return judge(
            replace(found, has_ids=all(not isinstance(frame, Frame) or frame.has_ids for frame in frames)),
            snapshot=looked[1],
            baseline=looked[0],
            baseline_name=old,
            intent=intent,
            rule=rule,
        )


def _side(name: str, engine: Engine, form: str | None, folder: Path) -> Side:
    path = Path(name)
    if all((path / f"{table}.parquet").is_file() for table in NEEDED):
        frame = _normal_form(path, folder)
        return Side(name=name, content=frame, told=False, piece=Loaded(value=snapshot_of(frame)))
    if path.exists():
        loaded = _loaded(path.resolve(), form, folder)
        content = None if loaded.value is None else frame_of(loaded.value)
        return Side(name=name, content=content, told=True, piece=loaded)
    if engine.url is None:
        raise CannotCompareError(
            f"{name} does not exist; name the file or folder of a snapshot, or tables and --warehouse"
        )
    return Side(name=name, content=Tables(prefix=name), told=False)


def _loaded(path: Path, form: str | None, folder: Path) -> Loaded[Snapshot]:
    """A snapshot in any format, kept below `folder` so that it leaves the memory."""
    naming = Naming(file=path.name, key=(), what="The snapshot", line=lambda _: None)
    try:
        source = Source(path=f"/{path.name}", format=form)
    except ValueError as error:
        raise CannotCompareError(f"{path} has a name that no manifest could hold; rename it") from error
    files = LocalFiles(path.parent)
    return load_snapshot(files, source, naming, manifest_path="", shelf=DirectoryShelf(folder))


def _normal_form(path: Path, folder: Path) -> Frame:
    """``items.parquet`` and ``annotations.parquet`` with all columns, as copies in `folder`."""
    folder.mkdir()
    for table in NEEDED:
        file = path / f"{table}.parquet"
        try:
            columns = columns_of(table, str(file), pq.read_schema(file).names)
            with duckdb.connect(config={"memory_limit": Limits().memory}) as connection:
                connection.read_parquet(str(file)).create_view("there")
                made = connection.sql(statements.normal(table, columns, arrays=True))
                made.write_parquet(str(folder / file.name))
        except (pa.ArrowException, duckdb.Error) as error:
            reason = str(error).partition("\n")[0]
            raise CannotCompareError(f"{file} cannot be read as the table {table}: {reason}") from error
    items, annotations = (InParquet(str(folder / f"{table}.parquet")) for table in NEEDED)
    return Frame(items=items, annotations=annotations, tidy=False)


@contextmanager
def _session(old: Frame | Tables, new: Frame | Tables, engine: Engine) -> Iterator[Session]:
    if isinstance(old, Frame) and isinstance(new, Frame) and engine.url is None:
        with session_of(old, new) as here:
            yield here
        return
    url = engine.url or ""
    try:
        from bot.warehouse.session import connected  # noqa: PLC0415  needs an extra
        from bot.warehouse.trial import TESTED, try_out  # noqa: PLC0415
    except ImportError as error:
        raise not_installed(url, error) from None
    with connected(url, scratch=engine.scratch) as there:
        if there.engine not in TESTED:
            try_out(there)
        there.take("old", old)
        there.take("new", new)
        yield there


def _looked_through(session: Session, side: str, one: Side) -> Loaded[Snapshot]:
    return one.piece if one.told else replace(one.piece, problems=doubts(session, side, shown(one.name)))
