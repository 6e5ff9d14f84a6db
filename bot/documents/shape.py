"""The keys a document model has, for did-you-mean: read from the models, so it cannot fall behind them."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import get_args

from pydantic import BaseModel

from bot.documents.read import Path

Model = type[BaseModel]


def keys(model: Model) -> dict[str, object]:
    """The keys of `model` as a document writes them, with the annotation of each."""
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def model_at(model: Model, path: Path) -> Model:
    """The model that the mapping at `path` of a `model` document must follow."""
    for step in path:
        if isinstance(step, str):
            model = next(_models(keys(model)[step]))
    return model


def _models(annotation: object) -> Iterator[Model]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def cure_for_unknown(root: Model, path: Path) -> str:
    """What to write instead of the unknown key at the end of `path`."""
    model, name = model_at(root, path[:-1]), str(path[-1])
    near = get_close_matches(name, keys(model), n=1, cutoff=0.6)
    if near:
        return f"Did you mean `{near[0]}`? Write that, or remove the key."
    places = [place for key, place in _places(root, ()) if key == name]
    if places:
        return f"Move it under `{places[0]}`." if places[0] else "Move it to the top of the file."
    return f"Remove it; the keys here are {listed(keys(model))}."


def _places(model: Model, above: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Every key below `model` and the dotted name of the mapping it belongs to."""
    for key, annotation in keys(model).items():
        yield key, ".".join(above)
        for part in _models(annotation):
            yield from _places(part, (*above, key))


def listed(names: Iterable[str], joint: str = "and") -> str:
    """``a``, ``b`` and ``c``, each as code."""
    *rest, last = (f"`{name}`" for name in names)
    return f"{', '.join(rest)} {joint} {last}" if rest else last
