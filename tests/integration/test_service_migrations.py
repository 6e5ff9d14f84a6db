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
    assert migrations.migrate(empty_url) == ("0001.first-tables",)


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


def _functions(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT proname FROM pg_proc WHERE proname LIKE 'procrastinate%'")
        return {row[0] for row in rows}
