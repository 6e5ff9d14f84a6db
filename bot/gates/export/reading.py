"""What reading exported files back shows, once, in a form that can be kept."""

from bot.evidence.exports.model import ExportConfig, ExportedFiles, Reading
from bot.evidence.model import Snapshot
from bot.gates.export import readback_findings
from bot.gates.export.readback import read_back


def read(snapshot: Snapshot, artefact: ExportedFiles, file: str, config: ExportConfig | None) -> Reading:
    """Compare the exported files in `file` with `snapshot`; `config` names classes they do not name."""
    found = read_back(snapshot, artefact)
    classes = {entry.id: entry.name for entry in config.classes} if config else {}
    cells = sorted(found.wanted.keys() | found.found.keys())
    return Reading(
        failures=tuple(readback_findings.failures(found, file, artefact, classes)),
        unmeasured=tuple(readback_findings.unmeasured(found, file, artefact)),
        items=tuple(sorted(found.items.items())),
        annotations=tuple((*cell, found.wanted[cell], found.found[cell]) for cell in cells),
    )
