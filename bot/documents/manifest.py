"""Reading the release manifest: everything wrong with it at once; documents of other tools by name."""

from collections.abc import Iterator

from bot.answers import Finding
from bot.documents.foreign import foreign_bytes, foreign_data
from bot.documents.paths import resolve
from bot.documents.read import Data, Document, Path, read_yaml
from bot.documents.validate import Parsed, validate
from bot.fields import quoted
from bot.manifest import Manifest

_SOURCES = ("schema", "snapshot", "assignments", "reviews")


def read_manifest(data: bytes, *, file: str) -> Parsed[Manifest]:
    """The release manifest in `data`, or every problem that keeps it from being one.

    `file` is its path from the repository root: relative paths are resolved against it. Whether
    the named files exist, and whether times lie in the future, is judged elsewhere.
    """
    foreign = foreign_bytes(data, file=file)
    if foreign is not None:
        return Parsed.refused(foreign)
    document = read_yaml(data, file=file)
    foreign = foreign_data(document.data, file=file)
    if foreign is not None:
        return Parsed(problems=(foreign,), document=document)
    if document.data is None:
        return Parsed(problems=document.problems, document=document)
    manifest, invalid = validate(Manifest, document, kind="manifest")
    problems = (*document.problems, *invalid, *_escapes(document))
    if problems or manifest is None:
        problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        return Parsed(problems=problems, document=document)
    return Parsed(value=manifest, document=document)


def _escapes(document: Document) -> Iterator[Finding]:
    """Paths that lead out of the repository, looked up in the plain data (see `policy`)."""
    for where, path in _written_paths(document.data):
        if "\\" not in path and resolve(document.file, path) is None:
            yield Finding(
                code="manifest.path-escape",
                text=f"{quoted(path)} leads out of the repository.",
                fix="Name a file of this repository, or a `url`.",
                file=document.file,
                line=document.line(where),
            )


def _written_paths(data: Data) -> Iterator[tuple[Path, str]]:
    if not isinstance(data, dict):
        return
    exports = data.get("exports")
    places: list[Path] = [(source, "path") for source in _SOURCES]
    for position in range(len(exports) if isinstance(exports, list) else 0):
        places += [("exports", position, "config")]
        places += [("exports", position, source, "path") for source in ("artefact", "smoke")]
    for place in places:
        value: Data = data
        for step in place:
            value = _part(value, step)
        if isinstance(value, str):
            yield place, value


def _part(value: Data, step: str | int) -> Data:
    if isinstance(value, dict) and isinstance(step, str):
        return value.get(step)
    return value[step] if isinstance(value, list) and isinstance(step, int) else None
