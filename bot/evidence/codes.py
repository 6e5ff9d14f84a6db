"""Texts as numbers: what many records have in common is looked at once, not once for each record."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bot.evidence.frame_rows import texts


class Codes:
    """Texts, as `made` writes them, and their numbers in the order in which they came."""

    __slots__ = ("_made", "numbers")

    def __init__(self, made: Callable[[str], str] = str) -> None:
        self._made = made
        self.numbers: dict[str, int] = {}

    def of(self, column: pa.Array) -> NDArray[np.int64]:
        """The number of every text of a column."""
        encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        places: NDArray[np.int64] = encoded.indices.to_numpy()
        used = np.zeros(len(encoded.dictionary), np.bool_)
        used[places] = True
        numbers: NDArray[np.int64] = np.zeros(len(used), np.int64)
        numbers[used] = [
            self.numbers.setdefault(self._made(text), len(self.numbers))
            for text in texts(encoded.dictionary.filter(pa.array(used)))
        ]
        found: NDArray[np.int64] = numbers[places]
        return found
