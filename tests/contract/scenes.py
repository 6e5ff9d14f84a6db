"""The scene of a contract test: a site whose every exchange is judged by its forge's API description."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from tests.contract.gitlab_openapi import gitlab
from tests.contract.openapi import github
from tests.fakes.exchange import Exchange
from tests.fakes.site import Site
from tests.fakes.sites import SITES

Judge = Callable[[Exchange], Iterable[str]]
"""What is wrong with an exchange, in words."""


def _gitlab(exchange: Exchange) -> Iterable[str]:
    """Nothing where the description is not at hand."""
    description = gitlab()
    return description.problems(exchange) if description else ()


JUDGES: Mapping[str, Judge] = {
    "github": lambda exchange: github().problems(exchange),
    "gitlab": _gitlab,
}


@contextmanager
def judged(kind: str) -> Iterator[Site]:
    """A site with one person, @ben, and one commit; nothing undocumented may have been said at its end."""
    with SITES[kind]() as site:
        site.person("ben")
        site.push("main", {"README.md": "Street scenes\n"})
        yield site
        judge = JUDGES.get(kind)
        problems = [problem for one in site.exchanges for problem in judge(one)] if judge else []
    assert not problems, "\n".join(dict.fromkeys(problems))
