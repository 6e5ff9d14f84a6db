"""A small data set repository whose exported files may lie elsewhere, and honest or forged records of runs."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from tests.fakes.exporter import CLASSES, Mistakes, config, export, snapshot

MANIFEST = "data/release.yaml"
RECORD = "data/smoke.json"
BOUND = "[{name: export-smoke, app: github-actions}]"
LABELS = "".join(json.dumps({"id": str(n), "name": name}) + "\n" for n, name in enumerate(CLASSES))


def policy(rule: str = f"{{downstream_checks: {BOUND}}}") -> str:
    return (
        "version: 1\ndatasets:\n  - name: street\n    manifest: data/release.yaml\n"
        f'    watch: ["data/**", "out/**"]\n    gates:\n      export: {rule}\n'
    )


def manifest(
    artefact: str | None = "{path: /out/export.json}", smoke: str | None = f"{{path: /{RECORD}}}"
) -> str:
    lines = [
        "dataset: street",
        'version: "2"',
        "schema: {path: labels.jsonl}",
        "snapshot: {path: snapshot.json, format: coco}",
        "intent: []",
        "exports:",
        "  - config: coco.yaml",
    ]
    lines += [f"    artefact: {artefact}"] if artefact else []
    lines += [f"    smoke: {smoke}"] if smoke else []
    return "\n".join((*lines, ""))


def repository(**changed: bytes | str) -> dict[str, bytes]:
    """All files, the exported ones in Git; `changed` replaces data/<name>."""
    files = {
        ".sevengates.yaml": policy(),
        "CODEOWNERS": "* @ana\n",
        MANIFEST: manifest(),
        "data/labels.jsonl": LABELS,
        "data/snapshot.json": snapshot(),
        "data/coco.yaml": config("coco"),
        **exported(),
        **{f"data/{name.replace('_', '.')}": data for name, data in changed.items()},
    }
    return {path: data.encode() if isinstance(data, str) else data for path, data in files.items()}


def exported(**wrong: Any) -> dict[str, bytes]:
    """The exported COCO file."""
    return export("coco", Mistakes(**wrong))[1]


def lfs_pointer(data: bytes) -> bytes:
    """What Git keeps of a file in LFS: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md"""
    oid = hashlib.sha256(data).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(data)}\n".encode()


def sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def gitblob(data: bytes) -> str:
    header = f"blob {len(data)}\0".encode()
    return f"gitblob:{hashlib.sha1(header + data, usedforsecurity=False).hexdigest()}"


def run(files: Mapping[str, bytes], artefact: bytes, /, **changed: Any) -> dict[str, Any]:
    """What a run on these files says when everything agrees."""
    return {
        "manifest": MANIFEST,
        "dataset": "street",
        "version": "2",
        "snapshot": sha256(files["data/snapshot.json"]),
        "config": sha256(files["data/coco.yaml"]),
        "artefact": sha256(artefact),
        "git": gitblob(files["out/export.json"]) if "out/export.json" in files else gitblob(artefact),
        "format": "coco",
        "outcome": "passed",
        "codes": [],
        "checks": ["read-back"],
        "items": [["train", 3], ["val", 2]],
        "annotations": [
            ["train", "bus", 1],
            ["train", "car", 3],
            ["train", "tram", 2],
            ["val", "bus", 1],
            ["val", "tram", 1],
        ],
        **changed,
    }


def record(*runs: Mapping[str, Any], version: int = 1) -> bytes:
    return json.dumps({"sevengates_export_smoke": version, "exports": list(runs)}).encode()
