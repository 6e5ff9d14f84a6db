"""From settings to the forge, over HTTP."""

import threading

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.forges.base import Forge, Repository
from bot.forges.connect import connection, gitlab, open_forge
from bot.forges.errors import ForgeError
from bot.settings import load
from tests.fakes.github.registry import app_key
from tests.fakes.github.server import serve
from tests.fakes.gitlab.site import gitlab_site


def test_during_rotation_the_previous_private_key_still_opens_the_forge() -> None:
    unknown = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with serve() as server:
        app = server.world.app()
        server.world.install(app, server.world.repository("acme/data"))
        settings = load(
            {
                "GITHUB_API_URL": server.url,
                "GITHUB_APP_ID": str(app.id),
                "GITHUB_PRIVATE_KEY": unknown.decode(),
                "GITHUB_PRIVATE_KEY_PREVIOUS": app_key()[0],
            }
        )
        assert len(connection(settings).installations()) == 1


def test_a_project_of_gitlab_is_opened_once_per_thread() -> None:
    with gitlab_site() as site:
        settings = load(site.environment)
        forge = open_forge(site.repository, settings)
        opened: list[Forge] = []
        thread = threading.Thread(target=lambda: opened.append(open_forge(site.repository, settings)))
        thread.start()
        thread.join()

        assert open_forge(site.repository, settings) is forge
        assert opened != [forge]
        assert gitlab(settings).user_id == site.bot.id


def test_many_projects_do_not_stay_open() -> None:
    with gitlab_site() as site:
        settings = load(site.environment)
        forge = open_forge(site.repository, settings)
        for number in range(1, 40):
            open_forge(Repository(forge="gitlab", id=number, full_name=f"acme/p{number}"), settings)

        assert open_forge(site.repository, settings) is not forge


@pytest.mark.parametrize(
    ("forge", "why"), [("gitlab", "no token"), ("github", "neither"), ("gitea", "no forge")]
)
def test_a_forge_that_is_not_configured_cannot_be_opened(forge: str, why: str) -> None:
    with pytest.raises(ForgeError, match=why):
        open_forge(Repository(forge=forge, id=1, full_name="acme/data"), load({}))
