"""Paths as manifests write them, resolved within the repository."""


def resolve(manifest_path: str, path: str) -> str | None:
    """The repository path that `path` in the manifest at `manifest_path` means; None if it leads outside.

    Relative paths start at the manifest's directory, those with a leading "/" at the repository
    root. ``.`` and ``..`` are resolved, as are doubled and trailing slashes; the root itself is "".
    Backslashes and NUL never name a file of the repository.
    """
    if "\\" in path or "\0" in path:
        return None
    parts: list[str] = [] if path.startswith("/") else manifest_path.split("/")[:-1]
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)
