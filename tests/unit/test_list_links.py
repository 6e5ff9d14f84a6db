"""Tokens of links: 256 bits that need the environment and the database together."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from bot.list_links import TOKEN, hash_of, new_seed, token_of

KEY = "a credential of the forge"


@given(st.binary(min_size=32, max_size=32))
def test_a_token_is_the_same_for_its_seed_and_key_and_for_no_other(seed: bytes) -> None:
    token = token_of(KEY, seed)
    assert TOKEN.fullmatch(token)
    assert len(base64.urlsafe_b64decode(token.removeprefix("sgl_") + "=")) == 32
    assert token == token_of(KEY, seed)
    assert len({token, token_of(KEY + "2", seed), token_of(KEY, seed[::-1] + b"x")}) == 3


def test_seeds_are_random_and_what_is_stored_is_neither_token_nor_seed() -> None:
    seeds = {new_seed() for _ in range(100)}
    assert {len(seed) for seed in seeds} == {32}
    assert len(seeds) == 100
    seed = new_seed()
    token = token_of(KEY, seed)
    stored = hash_of(token)
    assert len(stored) == 32
    assert stored not in {seed, base64.urlsafe_b64decode(token.removeprefix("sgl_") + "=")}
    assert hash_of(token[:-1]) != stored
