"""How much the evidence of one release weighs: the bytes that answering it would read."""

import posixpath
from collections.abc import Iterator

from bot.documents import resolve
from bot.evaluation.answering import Questions
from bot.evidence.baseline import LAST_RELEASE
from bot.evidence.yolo_layout import is_image
from bot.forges.base import ObjectKind, Tree, TreeEntry
from bot.manifest import Manifest

HEAVY = 1 << 40
"""The weight of what nobody can tell: files of unknown size, and tables that a few bytes can stand for."""

_LEAST = 256
"""A file costs as much as so many bytes, however small it is."""
_TEXTS = frozenset(
    {".csv", ".data", ".json", ".jsonl", ".md", ".names", ".ndjson", ".txt", ".xml", ".yaml", ".yml", ""}
)


def weight(questions: Questions, candidate: Tree, base: Tree) -> int:
    """The bytes of all files that the two manifests name or that lie below; pictures are not read."""
    now = _weight(candidate, questions.manifest, questions.path)
    if questions.rules.compare.baseline != LAST_RELEASE:
        return now + _below(base, "")
    if questions.before is None or questions.base_path is None:
        return now
    return now + _weight(base, questions.before, questions.base_path)


def _weight(tree: Tree, manifest: Manifest, manifest_path: str) -> int:
    places = {resolve(manifest_path, path) for path in _paths(manifest)}
    return sum(_below(tree, place) for place in places if place is not None)


def _paths(manifest: Manifest) -> Iterator[str]:
    """The paths that a manifest names, as it writes them."""
    sources = [manifest.schema_, manifest.snapshot, manifest.assignments, manifest.reviews]
    for export in manifest.exports:
        yield export.config
        sources += [export.artefact, export.smoke]
    yield from (source.path for source in sources if source is not None and source.path is not None)


def _below(tree: Tree, place: str) -> int:
    """What lies at a place weighs, together with everything below it."""
    own = tree.entries.get(place)
    if own is not None and own.kind is not ObjectKind.DIRECTORY:
        return _of(place, own)
    prefix = f"{place}/" if place else ""
    return sum(_of(path, entry) for path, entry in tree.entries.items() if path.startswith(prefix))


def _of(path: str, entry: TreeEntry) -> int:
    if entry.kind is not ObjectKind.FILE or is_image(path):
        return 0
    if entry.size is None or posixpath.splitext(path)[1].lower() not in _TEXTS:
        return HEAVY
    return max(_LEAST, entry.size)
