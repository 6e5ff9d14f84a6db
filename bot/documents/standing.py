"""How a policy stands in its repository: whether those it names own anything, and its globs match."""

from collections.abc import Iterable, Iterator

from bot.answers import Finding
from bot.codeowners import CodeOwners, lead_of
from bot.documents.validate import Parsed
from bot.fields import code_span
from bot.globs import compile_glob
from bot.policy import DatasetPolicy, Policy

_WILD = frozenset("*?[")


def strangers(parsed: Parsed[Policy], paths: Iterable[str], owners: CodeOwners | None) -> tuple[Finding, ...]:
    """Leads and deputies that CODEOWNERS does not name for the manifest, each at its line of the policy.

    `paths` are all files of the tree that `owners` lies in. Without CODEOWNERS, or where no
    manifest is there and the glob names no single path, nothing can be told.
    """
    if parsed.value is None or owners is None:
        return ()
    files = tuple(paths)
    found = (
        finding
        for position, dataset in enumerate(parsed.value.datasets)
        for manifest in _manifests(dataset, files)
        for finding in _strangers(parsed, position, dataset, manifest, owners)
    )
    return tuple({(finding.code, finding.line): finding for finding in found}.values())


def unmatched(parsed: Parsed[Policy], paths: Iterable[str]) -> tuple[Finding, ...]:
    """Globs of manifests that match no file yet: right for a new dataset, and a slip otherwise."""
    files = tuple(paths)
    return tuple(
        Finding(
            code="policy.no-manifest",
            text=f"No file matches the manifest {code_span(dataset.manifest)} of {code_span(dataset.name)}.",
            fix="Correct the glob, or add the release manifest.",
            file=parsed.document.file,
            line=parsed.line(("datasets", position, "manifest")),
        )
        for position, dataset in enumerate(parsed.value.datasets if parsed.value else ())
        if not _matches(dataset, files)
    )


def _strangers(
    parsed: Parsed[Policy], position: int, dataset: DatasetPolicy, manifest: str, owners: CodeOwners
) -> Iterator[Finding]:
    places: list[tuple[tuple[str | int, ...], str, str | None, tuple[str, ...]]] = []
    if dataset.release_lead is not None:
        places.append((("release_lead",), "lead", dataset.release_lead, ()))
    for number, deputy in enumerate(dataset.deputies):
        places.append((("deputies", number), "deputy", dataset.release_lead, (deputy,)))
    for place, role, lead, deputies in places:
        named = lead_of(
            owners,
            manifest,
            release_lead=lead,
            deputies=deputies,
            release_section=dataset.release_section,
        )
        for finding in named.findings:
            if finding.code == f"{role}.not-in-codeowners":
                yield Finding(
                    code=finding.code,
                    text=finding.text,
                    fix=finding.fix,
                    file=parsed.document.file,
                    line=parsed.line(("datasets", position, *place)),
                )


def _manifests(dataset: DatasetPolicy, files: tuple[str, ...]) -> tuple[str, ...]:
    return _matches(dataset, files) or (() if _WILD & set(dataset.manifest) else (dataset.manifest,))


def _matches(dataset: DatasetPolicy, files: tuple[str, ...]) -> tuple[str, ...]:
    glob = compile_glob(dataset.manifest)
    return tuple(path for path in files if glob.matches(path))
