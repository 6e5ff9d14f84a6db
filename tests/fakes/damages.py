"""Ways in which a file is damaged on its way: cut off, a bit flipped, values of another type."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

HUGE = ("1e999", "-1e999", "9" * 400, "-" + "9" * 400, "0." + "1" * 400, "18446744073709551616", "1e-999")
OTHERS: tuple[Any, ...] = (None, True, False, 0, -1, 1.5, 10**30, "", "x", "\0", [], [3], {}, {"a": 1})


def truncated(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data.rstrip()))]


def flipped(data: bytes, random: Random) -> bytes:
    damaged = bytearray(data)
    damaged[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(damaged)


def retyped(data: bytes, random: Random) -> bytes:
    return _replaced(data, random, lambda old: json.dumps(_other(old, random)))


def nested(data: bytes, random: Random) -> bytes:
    depth = random.choice((10, 600, 5_000, 100_000))
    opened, closed = random.choice((("[", "]"), ('{"a":', "}")))
    return _replaced(data, random, lambda _: opened * depth + "1" + closed * depth)


def huge(data: bytes, random: Random) -> bytes:
    return _replaced(data, random, lambda _: random.choice(HUGE))


DAMAGES = (truncated, flipped, retyped, nested, huge)


def _other(old: object, random: Random) -> object:
    return random.choice([value for value in OTHERS if type(value) is not type(old)])


def _replaced(data: bytes, random: Random, new: Callable[[object], str]) -> bytes:
    """One value of a JSON text in place of which `new` stands; in XML one attribute or text, else a word."""
    if data.lstrip().startswith(b"<"):
        parts = data.split(b">")
        at = random.randrange(len(parts))
        parts[at] = new(None).replace("<", "").encode() + parts[at]
        return b">".join(parts)
    try:
        value = json.loads(data)
    except json.JSONDecodeError:
        lines = data.splitlines()
        if len(lines) < 2:
            return _word_replaced(data, random, new)
        at = random.randrange(len(lines))
        lines[at] = _replaced(lines[at], random, new)
        return b"\n".join(lines)
    if not isinstance(value, dict | list):
        return new(value).encode()
    mark = "\x1a"
    holder, key = random.choice(list(_places(value)))
    old, holder[key] = holder[key], mark
    return json.dumps(value).replace(json.dumps(mark), new(old)).encode()


def _word_replaced(data: bytes, random: Random, new: Callable[[object], str]) -> bytes:
    words = data.split(b" ")
    words[random.randrange(len(words))] = new(None).encode()
    return b" ".join(words)


def _places(value: Any) -> Any:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield value, key
        yield from _places(inner)
