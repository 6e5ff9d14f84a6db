"""The demo's dataset repository as files: version 1 as released, version 2 as a pull request.

Everything is a pure function of `now`: path in the repository → bytes. The candidate has honest
problems, one per kind; `fixes` are the pushes that cure them one after the other.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from demo import labelling
from demo.labelling import RELEASED, SCENES, State

Files = dict[str, bytes]

ROOT = "datasets/street"
MANIFEST = f"{ROOT}/release.yaml"
BRANCH = "release/street-v2"

CODEOWNERS = b"""\
# Who owns the data, and so who may release it.
*                  @bob
/datasets/street/  @ana @bea
/exports/          @ana
/.sevengates.yaml  @ana
/CODEOWNERS        @ana
"""

POLICY = b"""\
version: 1
datasets:
  - name: street-scenes
    manifest: datasets/street/release.yaml
    watch: ["datasets/street/**", "exports/street*"]
    stage: pilot
    release_lead: "@ana"
    deputies: ["@bea"]
    max_vague: 1
    gates:
      schema:      {freeze_days: 7, review_slice: {min_items_per_class: 3}}
      assignments: {max_age_hours: 24}
      review:      {rule: targeted, classes: [bus, tram]}
      rejections:  {window_days: 28, repeated: 3}
      compare:     {baseline: last-release, max_class_drift: 0.1}
"""

README = b"""\
# Street scenes

Fourteen drawn street pictures with boxes of cars, buses, trams and pedestrians.
A release is a merged change of `datasets/street/release.yaml`.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One push that cures one problem: `title` is its commit message, `files` what it changes."""

    title: str
    files: Files


_REPAIRS = (
    ("Finish assignment a-4 and export again", {"assignments_done": True}),
    ("Review the trams again under the new rule", {"tram_reviewed": True}),
    ("Correct the loose boxes' reviews", {"loose_boxes_resolved": True}),
    ("Put the moved validation boxes back", {"validation_restored": True}),
    ("Give bus and tram their own class ids in the export", {"export_mapped": True}),
)


def baseline(now: datetime) -> Files:
    """All files of the main branch: policy, owners, and version 1 as it was released 30 days ago."""
    pictures = {f"{ROOT}/{labelling.item(n)}": labelling.scene(n).png for n in RELEASED}
    governing = {".sevengates.yaml": POLICY, "CODEOWNERS": CODEOWNERS, "README.md": README}
    return {**governing, **pictures, **_version(now, None)}


def candidate(now: datetime) -> Files:
    """What the pull request adds and changes when it is opened, problems included."""
    pictures = {f"{ROOT}/{labelling.item(n)}": labelling.scene(n).png for n in SCENES if n not in RELEASED}
    return {**pictures, **_changed(_version(now, None), _version(now, State()))}


def fixes(now: datetime) -> Iterator[Fix]:
    """The pushes that follow, in order; after the last one the release is ready."""
    state = State()
    for title, repaired in _REPAIRS:
        better = replace(state, **repaired)
        yield Fix(title=title, files=_changed(_version(now, state), _version(now, better)))
        state = better


def _changed(before: Files, after: Files) -> Files:
    return {path: data for path, data in after.items() if before.get(path) != data}


def _version(now: datetime, state: State | None) -> Files:
    """Manifest, schema, snapshot, evidence and export of version 1 (None) or 2."""
    files = {
        f"{ROOT}/labels.jsonl": labelling.labels(now, released=state is None),
        f"{ROOT}/snapshot.coco.json": labelling.snapshot(now, state),
        f"{ROOT}/evidence/assignments.jsonl": labelling.assignments(now, state),
        f"{ROOT}/evidence/reviews.jsonl": labelling.reviews(now, state),
        "exports/street-coco.yaml": _export_config(swapped=state is not None and not state.export_mapped),
        "exports/street-coco.json": labelling.export(now, state),
    }
    return {MANIFEST: _manifest(files, now, state), **files}


def _manifest(files: Files, now: datetime, state: State | None) -> bytes:
    snapshot = _digest(files[f"{ROOT}/snapshot.coco.json"])
    exported = now - (timedelta(days=30) if state is None else timedelta(hours=1))
    counted = now - timedelta(days=3) if state is not None and not state.assignments_done else exported
    version, before, intent = ("v1", "", "[]") if state is None else ("v2", "baseline: v1\n", _INTENT)
    return f"""\
dataset: street-scenes
version: {version}
{before}schema: {{path: labels.jsonl}}
snapshot:
  path: snapshot.coco.json
  format: coco
  digest: "{snapshot}"
intent: {intent}
assignments:
  path: evidence/assignments.jsonl
  snapshot: "{snapshot}"
  as_of: {_iso(counted)}
reviews:
  path: evidence/reviews.jsonl
  snapshot: "{snapshot}"
  as_of: {_iso(exported)}
exports:
  - config: /exports/street-coco.yaml
    artefact: {{path: /exports/street-coco.json, format: coco}}
""".encode()


_INTENT = """
  - kinds: [add-items]
    classes: [car, bus, tram, pedestrian]
    splits: [train]
    why: Four more pictures of trams and buses."""


def _export_config(*, swapped: bool) -> bytes:
    mapping = labelling.export_classes(swapped=swapped)
    lines = [f'  "{number}": {name}' for number, name in mapping.items()]
    return "\n".join(["format: coco", "classes:", *lines, ""]).encode()


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
