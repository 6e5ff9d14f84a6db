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

_GZIP = 31
"""https://docs.python.org/3/library/zlib.html#zlib.compressobj"""


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes that the lists of one pull request may take: as JSON lines (400,000 items), and in gzip."""

    lines: int = 64 << 20
    packed: int = 8 << 20

    def without(self, other: "Room") -> "Room":
        """What is left."""
        return Room(self.lines - other.lines, self.packed - other.packed)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKeeper:
    """Keeps the lists of evaluations in one repository; `key` makes the tokens of their links."""

    store: Store
    repository: Repository
    public_url: str
    key: SecretStr
    room: Room = Room()

    def linked(self, evaluation: Evaluation) -> Evaluation:
        """`evaluation` with a link at each list that was cut; what was kept before is forgotten."""
        files: list[ListFile] = []
        too_long: list[Slice] = []
        digest, room = hashlib.sha256(), self.room
        for one in long_lists(evaluation):
            packed = _packed(one, room)
            if packed is None:
                too_long.append(one)
                continue
            files.append(packed.file)
            room = room.without(packed.taken)
            digest.update(f"{one.path}\0{packed.digest}\0".encode())
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


@dataclass(frozen=True, slots=True)
class _Packed:
    file: ListFile
    digest: str
    taken: Room


def _packed(one: Slice, room: Room) -> _Packed | None:
    """A list in gzip, with the digest of what it unpacks to; None when there is no room for it."""
    digest, lines, packed, pieces = hashlib.sha256(), 0, 0, list[bytes]()
    pack = zlib.compressobj(wbits=_GZIP)
    for line in _encoded(one):
        lines += len(line)
        digest.update(line)
        pieces.append(pack.compress(line))
        packed += len(pieces[-1])
        if lines > room.lines or packed > room.packed:
            return None
    content = b"".join([*pieces, pack.flush()])
    if len(content) > room.packed:
        return None
    file = ListFile(path=one.path, content=content)
    return _Packed(file, digest.hexdigest(), Room(lines, len(content)))


def _encoded(one: Slice) -> Iterator[bytes]:
    return (f"{line}\n".encode("ascii") for line in one.lines())
