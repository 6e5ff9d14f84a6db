"""Small exports of labelling tools as they write them: a base case whose parts a test changes."""

import json
from typing import Any

ANN = {"id": 1, "email": "ann@example.org", "first_name": "", "last_name": ""}
REA = {"id": 2, "email": "rea@example.org", "first_name": "", "last_name": ""}
BOX = {"id": "r1", "type": "rectanglelabels", "value": {"x": 1.0, "rectanglelabels": ["car"]}}


def as_bytes(value: object) -> bytes:
    return json.dumps(value, indent=1).encode()


def ls_review(**changes: Any) -> dict[str, Any]:
    base = {"id": 5, "accepted": True, "created_by": REA, "created_at": "2026-03-02T09:00:00Z"}
    return base | {"annotation": 7, "fixed_annotation_history": None} | changes


def ls_annotation(**changes: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "completed_by": ANN,
        "result": [BOX],
        "reviews": [ls_review()],
        "last_action": "accepted",
        "was_cancelled": False,
        "created_at": "2026-03-01T08:00:00Z",
        "updated_at": "2026-03-01T09:00:00Z",
        "lead_time": 4.2,
    } | changes


def ls_task(**changes: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "data": {"image": "s3://b/train/1.jpg"},
        "annotations": [ls_annotation()],
        "drafts": [],
        "predictions": [],
        "inner_id": 1,
        "total_annotations": 1,
        "cancelled_annotations": 0,
        "unresolved_comment_count": 0,
    } | changes


def cvat_page(results: list[dict[str, Any]], **changes: Any) -> bytes:
    return as_bytes({"count": len(results), "next": None, "previous": None, "results": results} | changes)


def cvat_job(**changes: Any) -> dict[str, Any]:
    return {
        "id": 81,
        "task_id": 9,
        "type": "annotation",
        "stage": "acceptance",
        "state": "completed",
        "assignee": {"id": 5, "username": "rea"},
        "start_frame": 0,
        "stop_frame": 1,
        "updated_date": "2026-03-02T09:00:00Z",
    } | changes


def cvat_issue(**changes: Any) -> dict[str, Any]:
    return {
        "id": 3,
        "frame": 1,
        "job": 81,
        "position": [1.0, 2.0, 3.0, 4.0],
        "owner": {"id": 5, "username": "rea"},
        "assignee": None,
        "created_date": "2026-03-01T09:00:00Z",
        "updated_date": None,
        "resolved": False,
        "comments": {"count": 1},
    } | changes


def cvat_comment(**changes: Any) -> dict[str, Any]:
    base = {"id": 4, "issue": 3, "message": "Tighten the box\nrule 3", "owner": {"id": 5, "username": "rea"}}
    return base | changes


def cvat_label(**changes: Any) -> dict[str, Any]:
    attribute = {"id": 1, "name": "size", "input_type": "select", "mutable": True, "values": ["s", "l"]}
    return {"id": 6, "name": "car", "attributes": [attribute], "sublabels": [], "has_parent": False} | changes


def cvat_frames(*names: str, **changes: Any) -> bytes:
    table = {"chunk_size": 72, "size": len(names), "frames": [{"name": name} for name in names]}
    return as_bytes(table | {"deleted_frames": []} | changes)


def cvat_files(
    *, jobs: list[dict[str, Any]] | None = None, issues: list[dict[str, Any]] | None = None
) -> dict[str, bytes]:
    """A directory saved from CVAT's API: one task of three frames."""
    return {
        "cvat/jobs.json": cvat_page([cvat_job()] if jobs is None else jobs),
        "cvat/issues.json": cvat_page([cvat_issue()] if issues is None else issues),
        "cvat/comments.json": cvat_page([cvat_comment()]),
        "cvat/labels.json": cvat_page([cvat_label()]),
        "cvat/meta-9.json": cvat_frames("a.jpg", "b.jpg", "c.jpg"),
    }


CVAT_XML = b"""<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta>
    <task>
      <id>9</id>
      <mode>annotation</mode>
      <start_frame>10</start_frame>
      <stop_frame>14</stop_frame>
      <frame_filter>step=2</frame_filter>
      <labels>
        <label><name>car</name><attributes><attribute><name>size</name><values>s
l</values></attribute></attributes></label>
        <label><name>bus</name></label>
      </labels>
      <segments>
        <segment><id>81</id><start>0</start><stop>1</stop><url>http://c/81</url></segment>
        <segment><id>82</id><start>2</start><stop>2</stop><url>http://c/82</url></segment>
      </segments>
      <owner><username>max</username></owner>
      <assignee><username>ann</username></assignee>
    </task>
  </meta>
  <image id="10" name="a.jpg"><box label="car"/></image>
  <image id="12" name="b.jpg"></image>
  <image id="14" name="c.jpg"></image>
</annotations>
"""


def lb_step(**changes: Any) -> dict[str, Any]:
    base = {
        "action": "Approve",
        "created_at": "2026-03-02T09:00:00.000+00:00",
        "created_by": "rea@example.org",
    }
    return base | {"previous_task_name": "Initial review task", "next_task_name": "Done"} | changes


def lb_label(**changes: Any) -> dict[str, Any]:
    return {
        "label_kind": "Default",
        "id": "l1",
        "label_details": {
            "created_at": "2026-03-01T08:00:00.000+00:00",
            "updated_at": "2026-03-01T09:00:00.000+00:00",
            "created_by": "ann@example.org",
            "reviews": [],
        },
        "performance_details": {"seconds_to_create": 30, "skipped": False},
        "annotations": {"objects": [{"name": "car"}], "classifications": [], "relationships": []},
    } | changes


def lb_row(*, labels: list[dict[str, Any]] | None = None, number: int = 1, **details: Any) -> dict[str, Any]:
    found = {"batch_id": "b", "workflow_status": "DONE", "workflow_history": [lb_step()]} | details
    return {
        "data_row": {"id": f"d{number}", "external_id": f"{number}.jpg", "global_key": f"k{number}"},
        "projects": {
            "p1": {
                "name": "Demo",
                "labels": [lb_label()] if labels is None else labels,
                "project_details": found,
            }
        },
    }


def lb_issue(**changes: Any) -> dict[str, Any]:
    return {
        "id": "i1",
        "dataRowId": "d1",
        "labelId": "l1",
        "status": "Open",
        "content": "Box too wide",
        "createdAt": "2026-03-01T10:00:00.000Z",
        "createdBy": {"id": "u1", "email": "rea@example.org"},
        "resolvedAt": None,
    } | changes


def ndjson(*rows: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def encord_review(**changes: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "approved": True,
        "comment": None,
        "createdAt": "Mon, 02 Mar 2026 09:00:00 UTC",
        "createdBy": "u2",
        "user_email": "rea@example.org",
    } | changes


def encord_object(**changes: Any) -> dict[str, Any]:
    return {"name": "Car", "createdBy": "ann@example.org", "reviews": [encord_review()]} | changes


def encord_row(**changes: Any) -> dict[str, Any]:
    labels = {"objects": [encord_object()], "classifications": []}
    return {
        "label_hash": "lh1",
        "branch_name": "main",
        "data_hash": "dh1",
        "data_title": "a.jpg",
        "data_type": "image",
        "is_shadow_data": False,
        "last_edited_at": "2026-03-01 09:00:00",
        "label_status": "LABELLED",
        "annotation_task_status": "COMPLETED",
        "data_units": {"u1": {"data_hash": "u1", "data_title": "a.jpg", "labels": labels}},
    } | changes


ENCORD_ONTOLOGY = {
    "ontology_hash": "o1",
    "editor": {
        "objects": [
            {
                "id": "1",
                "name": "Car",
                "shape": "polygon",
                "featureNodeHash": "f1",
                "attributes": [{"name": "Big", "type": "text", "required": True, "featureNodeHash": "f2"}],
            }
        ],
        "classifications": [
            {
                "id": "1",
                "featureNodeHash": "f3",
                "attributes": [{"name": "Night", "type": "radio", "featureNodeHash": "f4"}],
            }
        ],
    },
}
