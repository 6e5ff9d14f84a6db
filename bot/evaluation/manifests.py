"""The release manifest as the pull request leaves it, or the findings that say why it cannot be read.

These findings belong to no gate and no waiver lifts them: without a readable manifest nobody can
say what is being released.
"""

from bot.answers import Finding
from bot.documents import Parsed, read_manifest
from bot.evaluation.scope import MAX_MANIFEST_BYTES, Scope, Trees
from bot.evaluation.trees import Reader, TreeFiles
from bot.forges.base import ObjectKind, Tree
from bot.forges.errors import TooLargeError
from bot.manifest import Manifest


def candidate_manifest(reader: Reader, trees: Trees, scope: Scope) -> Parsed[Manifest]:
    """The manifest at the head; refused when it is gone, a link, or its content is not a manifest."""
    entry = trees.head.entries.get(scope.manifest)
    if entry is None:
        return Parsed.refused(_gone(trees, scope))
    if entry.kind is not ObjectKind.FILE:
        return Parsed.refused(
            Finding(
                code=f"manifest.{entry.kind}",
                text=f"The release manifest `{scope.manifest}` is a {entry.kind}, not a file.",
                fix="Commit the manifest itself as a plain file at this path.",
                file=scope.manifest,
                line=1,
            )
        )
    return _read(reader, trees.head, scope.manifest)


def base_manifest(reader: Reader, trees: Trees, scope: Scope) -> Manifest | None:
    """The manifest on the base branch; None for a first release, or when that one is unreadable."""
    path = scope.base_manifest
    entry = trees.base.entries.get(path) if path is not None else None
    if path is None or entry is None or entry.kind is not ObjectKind.FILE:
        return None
    return _read(reader, trees.base, path).value


def _read(reader: Reader, tree: Tree, path: str) -> Parsed[Manifest]:
    try:
        data = TreeFiles(tree, reader.blob).read(path, max_bytes=MAX_MANIFEST_BYTES)
    except TooLargeError:
        return Parsed.refused(
            Finding(
                code="manifest.too-large",
                text=f"The release manifest `{path}` is larger than 1 MiB.",
                fix="Keep data out of the manifest: name files by path and digest.",
                file=path,
                line=1,
            )
        )
    return read_manifest(data, file=path)


def _gone(trees: Trees, scope: Scope) -> Finding:
    before = trees.base.entries.get(scope.base_manifest or "")
    if before is None:
        return Finding(
            code="manifest.missing",
            text=f"No release manifest matches `{scope.manifest}`, though files of the dataset change.",
            fix="Add the release manifest at this path, or correct `manifest` in the policy.",
            file=scope.manifest,
            line=1,
        )
    moved = sorted(
        p for p, e in trees.head.entries.items() if e.oid == before.oid and p not in trees.base.entries
    )
    if moved:
        return Finding(
            code="manifest.renamed",
            text=f"The release manifest was moved from `{scope.manifest}` to `{moved[0]}`, which the policy "
            "does not watch.",
            fix="Move it back, or change `manifest` in the policy first, in a pull request of its own.",
            file=moved[0],
            line=1,
        )
    return Finding(
        code="manifest.deleted",
        text=f"The release manifest `{scope.manifest}` is deleted.",
        fix="Restore it; to retire a dataset, remove it from the policy first, in a pull request of its own.",
        file=scope.manifest,
        line=1,
    )


def release_blockers(
    trees: Trees, scope: Scope, manifest: Parsed[Manifest], before: Manifest | None, *, base_ref: str
) -> tuple[Finding, ...]:
    """Everything no gate owns that keeps this release from being decided."""
    found = list(manifest.problems)
    if scope.moved_on_base:
        found.append(moved(scope.moved_on_base, base_ref))
    if trees.hide_files:
        found.append(truncated())
    found.extend(_case_twins(trees, scope))
    if manifest.value is not None:
        found.extend(_contradictions(scope, manifest, manifest.value, before))
    return tuple(found)


def _contradictions(
    scope: Scope, parsed: Parsed[Manifest], manifest: Manifest, before: Manifest | None
) -> list[Finding]:
    found = []
    if manifest.dataset != scope.dataset.name:
        found.append(
            Finding(
                code="manifest.other-dataset",
                text=f"The manifest releases `{manifest.dataset}`, but the policy calls this dataset "
                f"`{scope.dataset.name}`.",
                fix=f"Write `dataset: {scope.dataset.name}`.",
                file=scope.manifest,
                line=parsed.line(("dataset",)),
            )
        )
    if before is not None and before.version == manifest.version and before.snapshot != manifest.snapshot:
        found.append(
            Finding(
                code="manifest.version-unchanged",
                text=f"The snapshot is not the released one, but both are version `{manifest.version}`.",
                fix="Give the release a version of its own.",
                file=scope.manifest,
                line=parsed.line(("version",)),
            )
        )
    return found


def moved(paths: tuple[str, ...], base_ref: str) -> Finding:
    """The base branch has changed these paths since the pull request left it."""
    shown = ", ".join(f"`{path}`" for path in paths[:3])
    return Finding(
        code="base.moved",
        text=f"`{base_ref}` has changed files of this release since the branch left it: {shown}.",
        fix=f"Update the branch with `{base_ref}`.",
        file=paths[0],
        line=1,
        items=paths,
    )


def truncated() -> Finding:
    """The forge left files out of a tree: a change could hide among them."""
    return Finding(
        code="tree.truncated",
        text="The forge does not list all files of this repository, so a change could hide.",
        fix="Keep fewer than 100,000 files: store label files as one JSONL or Parquet file.",
    )


def _case_twins(trees: Trees, scope: Scope) -> list[Finding]:
    folded = scope.manifest.casefold()
    return [
        Finding(
            code="manifest.case-twin",
            text=f"`{path}` differs from the release manifest `{scope.manifest}` only in case.",
            fix="Remove one of the two: some file systems cannot hold both.",
            file=path,
            line=1,
        )
        for path in sorted(trees.head.entries)
        if path != scope.manifest and path.casefold() == folded
    ]
