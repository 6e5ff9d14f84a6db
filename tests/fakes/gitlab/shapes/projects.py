"""JSON of projects, Git objects, commits and push events."""

from tests.fakes.git_objects import DIRECTORY, SUBMODULE, CommitObject, Leaf
from tests.fakes.gitlab.model import Level, Project, PushEvent, Tier, User
from tests.fakes.gitlab.registry import Registry
from tests.fakes.gitlab.shapes.people import Json, namespace, user, when

_FREE = (
    "only_allow_merge_if_pipeline_succeeds",
    "only_allow_merge_if_all_discussions_are_resolved",
    "allow_merge_on_skipped_pipeline",
)
_PREMIUM = ("merge_pipelines_enabled", "merge_trains_enabled")
_ULTIMATE = ("only_allow_merge_if_all_status_checks_passed",)


def project_url(world: Registry, project: Project) -> str:
    return f"{world.url}/{project.path_with_namespace}"


def basic_project(world: Registry, project: Project) -> Json:
    page = project_url(world, project)
    return {
        "id": project.id,
        "description": None,
        "name": project.path,
        "name_with_namespace": f"{project.namespace.name} / {project.path}",
        "path": project.path,
        "path_with_namespace": project.path_with_namespace,
        "created_at": when(project.created_at),
        "default_branch": project.default_branch if project.branches else None,
        "tag_list": [],
        "topics": [],
        "ssh_url_to_repo": f"git@gitlab.example:{project.path_with_namespace}.git",
        "http_url_to_repo": f"{page}.git",
        "web_url": page,
        "readme_url": None,
        "forks_count": 0,
        "avatar_url": None,
        "star_count": 0,
        "last_activity_at": when(project.created_at),
        "visibility": project.visibility,
        "namespace": namespace(world, project.namespace),
    }


def project(world: Registry, one: Project, reader: User) -> Json:
    """All of it; what the tier does not have is absent, and the settings need a role."""
    shown = [*_FREE]
    if one.tier is not Tier.FREE:
        shown += _PREMIUM
    if one.tier is Tier.ULTIMATE:
        shown += _ULTIMATE
    direct = one.members.get(reader.id)
    level = max((group.members.get(reader.id, 0) for group in one.namespace.lineage()), default=0)
    body: Json = {
        **basic_project(world, one),
        "_links": {"self": f"{world.url}/api/v4/projects/{one.id}"},
        "empty_repo": not one.branches,
        "archived": False,
        "merge_requests_enabled": True,
        "merge_requests_access_level": "enabled",
        "builds_access_level": "enabled",
        "merge_method": "merge",
        "squash_option": "default_off",
        "shared_with_groups": [
            {
                "group_id": group.id,
                "group_name": group.name,
                "group_full_path": group.full_path,
                "group_access_level": int(most),
                "expires_at": None,
            }
            for group, most in one.invited
        ],
        **{name: getattr(one, name) for name in shown},
        "permissions": {
            "project_access": _access(direct),
            "group_access": _access(level),
        },
    }
    if one.forked_from is not None:
        body["forked_from_project"] = basic_project(world, one.forked_from)
    return body


def _access(level: Level | int | None) -> Json | None:
    return {"access_level": int(level), "notification_level": 3} if level else None


def tree_entry(path: str, leaf: Leaf) -> Json:
    kind = {DIRECTORY: "tree", SUBMODULE: "commit"}.get(leaf.mode, "blob")
    return {
        "id": leaf.oid,
        "name": path.rsplit("/", maxsplit=1)[-1],
        "type": kind,
        "path": path,
        "mode": leaf.mode,
    }


def commit(world: Registry, one_project: Project, one: CommitObject) -> Json:
    """No account anywhere: names and addresses are what Git has."""
    return {
        "id": one.oid,
        "short_id": one.oid[:8],
        "created_at": when(one.committer.at),
        "parent_ids": list(one.parents),
        "title": one.message.splitlines()[0],
        "message": one.message,
        "author_name": one.author.name,
        "author_email": one.author.email,
        "authored_date": when(one.author.at),
        "committer_name": one.committer.name,
        "committer_email": one.committer.email,
        "committed_date": when(one.committer.at),
        "trailers": {},
        "extended_trailers": {},
        "web_url": f"{project_url(world, one_project)}/-/commit/{one.oid}",
    }


def branch(world: Registry, one: Project, name: str, sha: str) -> Json:
    return {
        "name": name,
        "commit": commit(world, one, one.store.commits[sha]),
        "merged": False,
        "protected": name == one.default_branch,
        "developers_can_push": False,
        "developers_can_merge": False,
        "can_push": True,
        "default": name == one.default_branch,
        "web_url": f"{project_url(world, one)}/-/tree/{name}",
    }


def push_event(world: Registry, one_project: Project, one: PushEvent) -> Json:
    title = one_project.store.commits[one.after].message.splitlines()[0]
    return {
        "id": one.id,
        "project_id": one_project.id,
        "action_name": "pushed to" if one.before else "pushed new",
        "target_id": None,
        "target_iid": None,
        "target_type": None,
        "author_id": one.author.id,
        "target_title": None,
        "created_at": when(one.at),
        "author": user(world, one.author),
        "imported": False,
        "imported_from": "none",
        "push_data": {
            "commit_count": one.commits,
            "action": "pushed" if one.before else "created",
            "ref_type": "branch",
            "commit_from": one.before,
            "commit_to": one.after,
            "ref": one.branch,
            "commit_title": title,
            "ref_count": None,
        },
        "author_username": one.author.username,
    }
