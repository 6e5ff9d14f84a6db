"""From settings to a forge: the one place that knows which client serves which forge."""

from functools import lru_cache

from bot.forges.base import Forge, Repository
from bot.forges.errors import ForgeError
from bot.forges.github import GitHubApp, GitHubToken
from bot.forges.gitlab import Closing, GitLabToken
from bot.settings import Settings


def open_forge(repository: Repository, settings: Settings) -> Forge:
    """The repository's forge. Raises ForgeError when it is not configured."""
    match repository.forge:
        case "github":
            return connection(settings).installation(repository)
        case "gitlab":
            return gitlab(settings).project(repository)
        case other:
            raise ForgeError(f"opening {repository.full_name}: there is no forge {other}")


def connection(settings: Settings) -> GitHubApp | GitHubToken:
    """The connection to GitHub, one for the whole process; safe to share between threads."""
    token, key, previous = (
        settings.github_token,
        settings.github_private_key,
        settings.github_private_key_previous,
    )
    if settings.github_app_id is not None and key is not None:
        keys = tuple(each.get_secret_value() for each in (key, previous) if each is not None)
        return _app(settings.github_api_url, settings.github_app_id, keys)
    if token is not None:
        return _token(settings.github_api_url, token.get_secret_value())
    raise ForgeError("opening GitHub: neither an App nor a token is configured")


def gitlab(settings: Settings) -> GitLabToken:
    """The connection to GitLab, one for the whole process; safe to share between threads."""
    if settings.gitlab_token is None:
        raise ForgeError("opening GitLab: no token is configured")
    closing = Closing(approval_rule=settings.gitlab_approval_rule, thread=settings.gitlab_thread)
    return _project_token(settings.gitlab_url, settings.gitlab_token.get_secret_value(), closing)


@lru_cache(maxsize=4)
def _app(api_url: str, app_id: int, private_keys: tuple[str, ...]) -> GitHubApp:
    return GitHubApp(api_url=api_url, app_id=app_id, private_keys=private_keys)


@lru_cache(maxsize=4)
def _token(api_url: str, token: str) -> GitHubToken:
    return GitHubToken(api_url=api_url, token=token)


@lru_cache(maxsize=4)
def _project_token(url: str, token: str, closing: Closing) -> GitLabToken:
    return GitLabToken(url=url, token=token, closing=closing)
