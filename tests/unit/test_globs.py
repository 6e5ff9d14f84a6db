"""Repository globs: what they match, what they refuse, and that nothing makes them slow."""

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.globs import GlobError, compile_glob

MATCHES = [
    ("data.yaml", "data.yaml", True),
    ("data.yaml", "x/data.yaml", False),
    ("/data.yaml", "data.yaml", True),
    ("data", "data/a", False),
    ("*.yaml", "a.yaml", True),
    ("*.yaml", ".yaml", True),
    ("*.yaml", "x/a.yaml", False),
    ("datasets/street/**", "datasets/street/a", True),
    ("datasets/street/**", "datasets/street/x/y/.hidden", True),
    ("datasets/street/**", "datasets/street", False),
    ("datasets/street/**", "datasets/streets/a", False),
    ("exports/street*.yaml", "exports/street-night.yaml", True),
    ("exports/street*.yaml", "exports/street/night.yaml", False),
    ("**", "a", True),
    ("**", "a/b/c", True),
    ("**/release.yaml", "release.yaml", True),
    ("**/release.yaml", "a/b/release.yaml", True),
    ("a/**/b", "a/b", True),
    ("a/**/b", "a/x/y/b", True),
    ("a/**/b", "a/x/y/c", False),
    ("a/**/**/b", "a/b", True),
    ("a/**/b/**", "a/b", False),
    ("a/**/b/**", "a/b/b", True),
    ("**/a/*/c/**/d", "x/a/b/c/d", True),
    ("**/a/*/c/**/d", "a/a/b/c/x/d", True),
    ("a?c", "abc", True),
    ("a?c", "a/c", False),
    ("a?c", "ac", False),
    ("a*b*c", "aXbYbc", True),
    ("a*b*c", "aXcb", False),
    ("*a", "ba", True),
    ("a*", "a", True),
    ("A", "a", False),
    ("café", "cafe\u0301", False),
    (r"\*", "*", True),
    (r"\*", "a", False),
    (r"*\**", "a*b", True),
    (r"\[a\]\{b\}", "[a]{b}", True),
    (r"\!a", "!a", True),
    (r"a\\b", "a\\b", True),
    ("a/b", "a", False),
    ("a", "", False),
]


@pytest.mark.parametrize(("glob", "path", "expected"), MATCHES)
def test_a_glob_matches_the_whole_path_from_the_root(glob: str, path: str, expected: bool) -> None:
    assert compile_glob(glob).matches(path) is expected


@pytest.mark.parametrize(
    ("glob", "cure"),
    [
        ("", "write a path"),
        ("/", "write a path"),
        ("../a", "from the repository root"),
        ("/../a", "from the repository root"),
        ("a/./b", "from the repository root"),
        ("a//b", "from the repository root"),
        ("//a", "from the repository root"),
        ("a/", r"write a/\*\*"),
        ("a\\", "backslash"),
        ("a\\/b", "backslash"),
        ("a[bc]", r"write \\\["),
        ("a]", r"write \\\]"),
        ("*.{yaml,yml}", r"write \\\{"),
        ("a}", r"write \\\}"),
        ("***", "whole segment"),
        ("a/***/b", "whole segment"),
        ("a**", "whole segment"),
        ("!a", "cannot exclude"),
    ],
)
def test_a_glob_that_cannot_mean_anything_is_refused_with_its_cure(glob: str, cure: str) -> None:
    with pytest.raises(GlobError, match=cure):
        compile_glob(glob)


class Counted(str):
    """A path that counts how often a character or a segment of it is looked at."""

    __slots__ = ()
    steps = 0

    def split(self, *args, **kwargs) -> list[str]:  # type: ignore[override]
        return [Counted(part) for part in super().split(*args, **kwargs)]

    def __getitem__(self, index) -> str:
        Counted.steps += 1
        return super().__getitem__(index)

    def __eq__(self, other: object) -> bool:
        Counted.steps += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def _evil_globs() -> Iterator[str]:
    for n in range(1, 21):
        yield "*a" * n + "b"
        yield "**/a/" * n + "b"
        yield "**/*a*a/" * n + "**"
        yield "*?" * n + "z"
        yield "**/" * n + "*a*b"
        yield "a*" * n + "/" + "*a" * n
        yield "**/" + "a*/" * n + "b"
        yield "*" + "?" * n + "*b"
        yield "*ab" * n + "*c"
        yield "*/" * n + "**/b"


def _evil_paths() -> Iterator[str]:
    for n in range(1, 21):
        yield "a" * 5 * n
        yield "a/" * 3 * n + "a"
        yield "ab" * 3 * n + "/a"
        yield "aa/" * 2 * n + "c"
        yield "a" * n + "/" + "a" * n + "b"
        yield "x/" * n + "a"
        yield "a" * 5 * n + "/" + "a" * 5 * n
        yield "ab/" * 2 * n + "ab"
        yield "b" * 5 * n + "a"
        yield "aab" * 2 * n


def test_two_hundred_evil_globs_on_two_hundred_evil_paths_stay_within_their_bound_of_steps() -> None:
    globs, paths = list(_evil_globs()), [Counted(path) for path in _evil_paths()]
    assert len(globs) == len(paths) == 200
    worst = 0.0
    for glob in globs:
        compiled = compile_glob(glob)
        for path in paths:
            before = Counted.steps
            compiled.matches(path)
            worst = max(worst, (Counted.steps - before) / (len(glob) * len(path)))
    assert 0 < worst <= 3


def _naive(glob: str, path: str) -> bool:
    """The definition, by exhaustive search."""
    if not glob:
        return not path
    if glob == "**":
        return bool(path)
    if glob.startswith("**/"):
        rest = [path] + [path[i + 1 :] for i, char in enumerate(path) if char == "/"]
        return any(_naive(glob[3:], tail) for tail in rest)
    if glob[0] == "*":
        stop = path.find("/") if "/" in path else len(path)
        return any(_naive(glob[1:], path[i:]) for i in range(stop + 1))
    return (
        bool(path)
        and (glob[0] == path[0] or (glob[0] == "?" and path[0] != "/"))
        and _naive(glob[1:], path[1:])
    )


@settings(deadline=None, max_examples=400)
@given(
    st.lists(st.sampled_from(["a", "b", "*", "?", "a*", "*a*b", "**", "ab"]), min_size=1, max_size=5).map(
        "/".join
    ),
    st.lists(st.text("ab", min_size=1, max_size=4), min_size=1, max_size=5).map("/".join),
)
def test_matching_agrees_with_exhaustive_search(glob: str, path: str) -> None:
    assert compile_glob(glob).matches(path) is _naive(glob, path)


def test_every_short_glob_agrees_with_exhaustive_search_on_every_short_path() -> None:
    paths = ["/".join(parts) for n in (1, 2, 3) for parts in product(("a", "b", "ab"), repeat=n)]
    for glob in ["/".join(parts) for n in (1, 2, 3) for parts in product(("a", "*", "**", "*b"), repeat=n)]:
        compiled = compile_glob(glob)
        assert [compiled.matches(path) for path in paths] == [_naive(glob, path) for path in paths]


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=20), st.text(max_size=20))
def test_any_text_is_a_glob_or_a_named_error(glob: str, path: str) -> None:
    try:
        outcome = compile_glob(glob).matches(path)
    except GlobError:
        return
    assert outcome in {True, False}
