"""Keeping the lists that a comment only begins, and writing where they are."""

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import SecretStr

from bot.forges.base import Repository
from bot.list_links import token_of
from bot.releases import Evaluation
from bot.report.slices import LINK_LIFETIME, Slice, long_lists, with_links
from bot.services import Services
from bot.store import Store
from bot.store.lists import ItemLists, ListFile

KEPT_BYTES = 64 << 20
"""What the lists of one pull request may unpack to: about 400,000 items."""

_GZIP = 31
"""https://docs.python.org/3/library/zlib.html#zlib.compressobj"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKeeper:
    """Keeps the lists of evaluations in one repository; `key` makes the tokens of their links."""

    store: Store
    repository: Repository
    public_url: str
    key: SecretStr
    limit: int = KEPT_BYTES

    def linked(self, evaluation: Evaluation) -> Evaluation:
        """`evaluation` with a link at each list that was cut; what was kept before is forgotten."""
        files: list[ListFile] = []
        too_long: list[Slice] = []
        digest = hashlib.sha256()
        for one in long_lists(evaluation):
            packed = _packed(one, self.limit - sum(file.size for file in files))
            if packed is None:
                too_long.append(one)
            else:
                files.append(packed[0])
                digest.update(f"{one.path}\0{packed[1]}\0".encode())
        if not files:
            self.store.drop_lists(self.repository, evaluation.number)
            return with_links(evaluation, {}, too_long)
        token = self.store.keep_lists(
            self.repository,
            evaluation.number,
            ItemLists(digest=digest.hexdigest(), files=tuple(files)),
            token_of=lambda seed: token_of(self.key.get_secret_value(), seed),
            lifetime=LINK_LIFETIME,
        )
        addresses = {file.path: f"{self.public_url}/releases/{token}/{file.path}" for file in files}
        return with_links(evaluation, addresses, too_long)


def list_keeper(services: Services, repository: Repository) -> ListKeeper | None:
    """The keeper of a repository's lists; None where the operator has named no public address.

    The key of links is the forge's own credential: the service always has one, no person chose it,
    and it is no shorter than a token of the forge.
    """
    settings = services.settings
    on_github = settings.github_private_key or settings.github_token
    key = settings.gitlab_token if repository.forge == "gitlab" else on_github
    if settings.public_url is None or key is None:
        return None
    return ListKeeper(
        store=services.store,
        repository=repository,
        public_url=settings.public_url,
        key=key,
    )


def _packed(one: Slice, room: int) -> tuple[ListFile, str] | None:
    """A list in gzip and the digest of its bytes; None when these are more than `room`."""
    digest, size, pieces = hashlib.sha256(), 0, list[bytes]()
    pack = zlib.compressobj(wbits=_GZIP)
    for line in _encoded(one):
        size += len(line)
        if size > room:
            return None
        digest.update(line)
        pieces.append(pack.compress(line))
    content = b"".join([*pieces, pack.flush()])
    return ListFile(path=one.path, content=content, size=size), digest.hexdigest()


def _encoded(one: Slice) -> Iterator[bytes]:
    return (f"{line}\n".encode("ascii") for line in one.lines())
