"""Loading what the manifest names under `exports`: configuration, exported files, and a run on them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.evidence.export_config import read_export_config
from bot.evidence.exports.load import load_exported
from bot.evidence.exports.model import ExportConfig, ExportedFiles, ExportEvidence, SmokeRun
from bot.evidence.model import Loaded
from bot.evidence.shelf import Shelf
from bot.evidence.smoke import Bound, git_id, load_smoke
from bot.evidence.sources import MAX_EVIDENCE, MAX_SNAPSHOT, Files, KeyPath, Naming, RefusedSourceError, fetch
from bot.manifest import ExportSource, Manifest, Source


def load_exports(
    files: Files,
    manifest: Manifest,
    *,
    manifest_path: str,
    line: Callable[[KeyPath], int | None],
    snapshot: str | None,
    shelf: Shelf | None = None,
) -> tuple[ExportEvidence, ...]:
    """Every export in the order of the manifest; `snapshot` is the digest of the candidate, if known.

    Exported files are taken from and put on the `shelf`.
    """
    loading = _Loading(files, manifest, manifest_path, line, snapshot, shelf)
    return tuple(loading.export(source, index) for index, source in enumerate(manifest.exports))


@dataclass(frozen=True, slots=True)
class _Loading:
    files: Files
    manifest: Manifest
    path: str
    line: Callable[[KeyPath], int | None]
    snapshot: str | None
    shelf: Shelf | None

    def export(self, source: ExportSource, index: int) -> ExportEvidence:
        """One export: its configuration, its files and a run on them where the manifest names them."""
        key: KeyPath = ("exports", index)
        config = self._config(source, key)
        artefact = self._artefact(source, key, config.value)
        return ExportEvidence(
            config=config,
            artefact=artefact,
            smoke=self._smoke(source, key, config),
            file=self.path,
            line=self.line((*key, "config")),
        )

    def _naming(self, key: KeyPath, what: str) -> Naming:
        return Naming(file=self.path, key=key, what=what, line=self.line)

    def _config(self, source: ExportSource, key: KeyPath) -> Loaded[ExportConfig]:
        at = (*key, "config")
        naming = replace(self._naming(key, "The export configuration"), line=lambda _: self.line(at))
        try:
            is_json = source.config.lower().endswith(".json")  # perhaps a whole COCO file
            most = MAX_SNAPSHOT if is_json else MAX_EVIDENCE
            config = Source(path=source.config)
            fetched = fetch(self.files, config, naming, manifest_path=self.path, max_bytes=most)
        except RefusedSourceError as error:
            return Loaded(problems=(error.finding,))
        read = read_export_config(fetched.data, file=fetched.used.source)
        return replace(read, used=fetched.used)

    def _artefact(
        self, source: ExportSource, key: KeyPath, config: ExportConfig | None
    ) -> Loaded[ExportedFiles] | None:
        if source.artefact is None:
            return None
        naming = self._naming((*key, "artefact"), "The exported files")
        return load_exported(
            self.files,
            source.artefact,
            naming,
            manifest_path=self.path,
            config=config,
            shelf=self.shelf,
        )

    def _smoke(
        self, source: ExportSource, key: KeyPath, config: Loaded[ExportConfig]
    ) -> Loaded[SmokeRun] | None:
        """The run on the team's runner; files that are not here are known by what is said of them."""
        if source.smoke is None:
            return None
        bound = Bound(
            dataset=self.manifest.dataset,
            version=self.manifest.version,
            snapshot=self.snapshot,
            config=config.used.digest if config.used else None,
            format=stated_format(source, config.value),
            named=source.artefact is not None,
            declared=source.artefact.digest if source.artefact else None,
            git=git_id(self.files, source.artefact, self.path) if source.artefact else None,
        )
        naming = self._naming((*key, "smoke"), "The record of export-smoke")
        return load_smoke(self.files, source.smoke, naming, manifest_path=self.path, bound=bound)


def stated_format(source: ExportSource, config: ExportConfig | None) -> str:
    """The format that the manifest or else the configuration states for the exported files."""
    named = source.artefact.format if source.artefact else None
    return named or (config.format if config else "")
