"""The schema: one command, safe to repeat, upgraded step by step, never used when newer."""

import psycopg
import pytest
from procrastinate.schema import SchemaManager

from bot import migrations
from tests.fakes.postgres import TestServer

pytestmark = pytest.mark.slow


@pytest.fixture
def empty_url(postgres: TestServer) -> str:
    return postgres.create_database(migrated=False)


def test_an_empty_database_is_refused_with_the_command_that_helps(empty_url: str) -> None:
    with pytest.raises(migrations.SchemaError, match="run `python -m bot migrate`"):
        migrations.require_current(empty_url)


def test_migrating_twice_applies_nothing_the_second_time(empty_url: str) -> None:
    assert len(migrations.migrate(empty_url)) > 30
    assert migrations.migrate(empty_url) == ()
    migrations.require_current(empty_url)


def test_a_database_newer_than_the_code_is_refused(empty_url: str) -> None:
    migrations.migrate(empty_url)
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("INSERT INTO engine_schema (migration) VALUES ('99.00.00_01_future')")
    for refuse in (migrations.migrate, migrations.require_current):
        with pytest.raises(migrations.SchemaError, match="newer than this code"):
            refuse(empty_url)


def test_a_migration_interrupted_before_it_was_recorded_is_repeated(empty_url: str) -> None:
    migrations.migrate(empty_url)
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("DELETE FROM _yoyo_migration")
    assert migrations.migrate(empty_url) == tuple(migrations._our_names())


OLD_TABLES = (
    "blobs",
    "deliveries",
    "engine_schema",
    "evaluations",
    "installations",
    "job_totals",
    "publications",
    "pull_requests",
    "worker_deaths",
)
"""Those of version 0001."""


def test_lists_come_in_tables_of_their_own_beside_a_service_of_the_version_before(empty_url: str) -> None:
    migrations.migrate(empty_url)
    with psycopg.connect(empty_url, autocommit=True) as connection:
        after = _columns(connection)
        connection.execute("DROP TABLE item_list_files, item_lists")
        connection.execute("DELETE FROM _yoyo_migration WHERE migration_id = '0002.item-lists'")
        connection.execute("INSERT INTO job_totals VALUES ('evaluate', 'done', 7, 1.5)")
        before = _columns(connection)
        with pytest.raises(migrations.SchemaError, match="lacks 1 migrations"):
            migrations.require_current(empty_url)
        assert migrations.migrate(empty_url) == ("0002.item-lists",)
        migrations.require_current(empty_url)
        assert connection.execute("SELECT task, jobs FROM job_totals").fetchall() == [("evaluate", 7)]
        assert _columns(connection) == after
    assert {table for table, *_ in before} >= set(OLD_TABLES)
    assert before < after
    assert {table for table, *_ in after - before} == {"item_lists", "item_list_files"}


def test_an_engine_of_an_older_version_is_upgraded_to_the_packaged_schema(
    empty_url: str, postgres: TestServer
) -> None:
    files = sorted(migrations._engine_files())
    old = [file for file in files if file.stem < "03.02"]
    with psycopg.connect(empty_url, autocommit=True) as connection:
        for file in old:
            connection.execute(file.read_bytes())
        connection.execute("CREATE TABLE engine_schema (migration text PRIMARY KEY, applied_at timestamptz)")
        for file in old:
            connection.execute("INSERT INTO engine_schema VALUES (%s, now())", (file.stem,))
    applied = migrations.migrate(empty_url)
    assert set(applied) >= {file.stem for file in files} - {file.stem for file in old}
    assert _functions(empty_url) >= _functions(postgres.create_database())


def test_the_packaged_schema_names_every_table_the_store_reads() -> None:
    assert "CREATE TABLE procrastinate_jobs" in SchemaManager.get_schema()


def _columns(connection: psycopg.Connection) -> set[tuple[str, ...]]:
    """Every column of our own tables, with what it takes: what a running service relies on."""
    rows = connection.execute(
        "SELECT table_name, column_name, data_type, is_nullable, coalesce(column_default, '')"
        " FROM information_schema.columns WHERE table_schema = 'public'"
        " AND table_name NOT LIKE '%yoyo%' AND table_name NOT LIKE 'procrastinate%'"
    )
    return set(rows)


def _functions(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT proname FROM pg_proc WHERE proname LIKE 'procrastinate%'")
        return {row[0] for row in rows}
