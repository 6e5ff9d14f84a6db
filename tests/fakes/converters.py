"""Converters for tests: the real one, whose files are then damaged, and one that fails."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.converting import Panlabel
from bot.evidence.exports.conversion import Conversion, ConversionError

Files = Mapping[str, bytes]


@dataclass
class Damaging:
    """The real converter, whose files are then damaged."""

    damage: Callable[[Files], Files]

    def __call__(self, conversion: Conversion) -> Files:
        return self.damage(Panlabel()(conversion))


@dataclass
class Failing:
    code: str

    def __call__(self, conversion: Conversion) -> Files:
        raise ConversionError(self.code, "The converter ended.")


def replaced(old: bytes, new: bytes) -> Callable[[Files], Files]:
    def damage(files: Files) -> Files:
        found = {path: data.replace(old, new, 1) for path, data in files.items()}
        assert found != files
        return found

    return damage
