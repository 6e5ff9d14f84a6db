"""The words of labelling tools and what they mean here: tables whose every row names its source."""

from typing import Generic, TypeVar

T = TypeVar("T")


class Vocabulary(Generic[T]):
    """What the known words of one field mean.

    Rows are (word, meaning, source). Case, spaces and punctuation of a word do not matter
    (``In Review``, ``IN_REVIEW`` and ``InReview`` are one word); a word in no row has no meaning.
    """

    __slots__ = ("_meanings", "rows")

    def __init__(self, *rows: tuple[str, T, str]) -> None:
        self.rows = rows
        self._meanings = {_bare(word): meaning for word, meaning, _ in rows}

    def meaning(self, word: str) -> T | None:
        """What a word means; None when it is in no row."""
        return self._meanings.get(_bare(word))


def _bare(word: str) -> str:
    return "".join(char for char in word.casefold() if char.isalnum())
