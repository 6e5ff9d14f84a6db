"""Which releases a pull request touches, and which files make up each of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.documents import read_manifest, resolve
from bot.evaluation.trees import Reader, TreeFiles, changed_paths
from bot.forges.base import ObjectKind, Revisions, Tree, TreeEntry
from bot.forges.errors import TooLargeError
from bot.globs import Glob, compile_glob
from bot.manifest import Manifest
from bot.policy import DatasetPolicy, Policy

MAX_MANIFEST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Trees:
    """The trees of one evaluation; `merge_base` of a merge group is the commit it is built on."""

    revisions: Revisions
    base: Tree
    merge_base: Tree
    head: Tree

    @property
    def hide_files(self) -> bool:
        """Whether the forge left files out of one of them."""
        return self.base.truncated or self.merge_base.truncated or self.head.truncated


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One touched release.

    `manifest` is its path at the head (or where it was, when it is gone); `base_manifest` the
    path on the base branch, None for a first release. `watched` maps every watched file at the
    head to its kind and Git object id, which the fingerprint binds. `moved_on_base` are watched files that
    the base branch changed after the pull request left it.
    """

    dataset: DatasetPolicy
    manifest: str
    base_manifest: str | None
    watched: Mapping[str, str]
    changed: tuple[str, ...]
    moved_on_base: tuple[str, ...]


def touched_releases(reader: Reader, trees: Trees, policy: Policy) -> tuple[Scope, ...]:
    """The releases whose watched files the pull request changes, in policy order."""
    changed = changed_paths(trees.merge_base, trees.head)
    moved = changed_paths(trees.merge_base, trees.base)
    scopes: list[Scope] = []
    for dataset in policy.datasets:
        for here, there in _manifests(dataset, trees):
            watch = _Watch(dataset, _references(reader, trees, here, there))
            hit = tuple(path for path in changed if watch.matches(path))
            if hit:
                scopes.append(
                    Scope(
                        dataset=dataset,
                        manifest=here,
                        base_manifest=there,
                        watched={p: bound(e) for p, e in trees.head.entries.items() if watch.matches(p)},
                        changed=hit,
                        moved_on_base=tuple(path for path in moved if watch.matches(path)),
                    )
                )
    return tuple(scopes)


def bound(entry: TreeEntry | None) -> str:
    """What the fingerprint binds of a file: its kind too, since a link can hold the same bytes."""
    return f"{entry.kind}:{entry.oid}" if entry is not None else "deleted"


class _Watch:
    """The globs of a dataset, and the paths its manifest names outside of them."""

    def __init__(self, dataset: DatasetPolicy, references: frozenset[str]) -> None:
        self._globs: tuple[Glob, ...] = tuple(compile_glob(g) for g in (dataset.manifest, *dataset.watch))
        self._references = references

    def matches(self, path: str) -> bool:
        return (
            path in self._references
            or any(glob.matches(path) for glob in self._globs)
            or any(path.startswith(f"{reference}/") for reference in self._references)
        )


def _manifests(dataset: DatasetPolicy, trees: Trees) -> tuple[tuple[str, str | None], ...]:
    """Pairs (path at the head, path on the base): a manifest renamed within its glob is one pair."""
    glob = compile_glob(dataset.manifest)
    head = {path for path in trees.head.entries if glob.matches(path)}
    base = {path for path in trees.base.entries if glob.matches(path)}
    came, went = sorted(head - base), sorted(base - head)
    if len(came) == 1 and len(went) == 1:
        return (*((path, path) for path in sorted(head & base)), (came[0], went[0]))
    if not head and not base:
        return ((dataset.manifest, None),)
    return tuple((path, path if path in base else None) for path in sorted(head | base))


def _references(reader: Reader, trees: Trees, here: str, there: str | None) -> frozenset[str]:
    """Repository paths the manifest names, at the head and on the base: watched whatever the globs say."""
    paths: set[str] = set()
    for tree, path in ((trees.head, here), (trees.base, there)):
        manifest = _readable_manifest(reader, tree, path)
        if path is not None and manifest is not None:
            paths |= named_paths(manifest, path)
    return frozenset(paths)


def _readable_manifest(reader: Reader, tree: Tree, path: str | None) -> Manifest | None:
    entry = tree.entries.get(path) if path is not None else None
    if path is None or entry is None or entry.kind is not ObjectKind.FILE:
        return None
    try:
        data = TreeFiles(tree, reader.blob).read(path, max_bytes=MAX_MANIFEST_BYTES)
    except TooLargeError:
        return None  # evaluating the release names what is wrong with it
    return read_manifest(data, file=path).value


def named_paths(manifest: Manifest, manifest_path: str) -> frozenset[str]:
    """Every repository path a manifest names, resolved; paths that leave the repository are left out."""
    sources = [manifest.schema_, manifest.snapshot, manifest.assignments, manifest.reviews]
    sources += [source for export in manifest.exports for source in (export.artefact, export.smoke)]
    written = [source.path for source in sources if source is not None and source.path is not None]
    written += [export.config for export in manifest.exports]
    resolved = (resolve(manifest_path, path) for path in written)
    return frozenset(path for path in resolved if path)
