"""From settings to the forge, over HTTP."""

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.forges.connect import connection
from bot.settings import load
from tests.fakes.github.registry import app_key
from tests.fakes.github.server import serve


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
