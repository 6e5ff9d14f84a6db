"""Keys of files and digests, and the column of them."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from bot.evidence.frame_builder import completed
from bot.evidence.frames import ITEMS
from bot.evidence.item_keys import content_key, differ, file_key

FILES = st.text(alphabet="ab.:/\\\\?#\u00e9\u0301 ", max_size=12) | st.text(max_size=6)


@given(FILES)
def test_a_key_is_its_own_key(file: str) -> None:
    assert file_key(file_key(file)) == file_key(file)
    assert content_key(content_key(file)) == content_key(file)


@given(st.lists(FILES.filter(lambda text: text.isprintable()), max_size=5))
def test_the_column_holds_the_key_of_every_file(files: list[str]) -> None:
    table = completed(pa.table({"file": pa.array(files, pa.string())}), ITEMS)
    assert table.column("file_key").to_pylist() == list(map(file_key, files))


def test_digests_differ_within_one_algorithm_only() -> None:
    assert differ("sha256:aa", "SHA256:bb")
    assert not differ("sha256:aa", "SHA-256:AA")
    assert not differ("sha256:aa", "md5:bb")
    assert not differ("", "md5:bb")
    assert differ("x", "y")
