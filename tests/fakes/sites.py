"""The forges that tests and the demo run on: one joins here."""

from collections.abc import Mapping

from tests.fakes.github.site import github_site
from tests.fakes.gitlab.site import gitlab_site
from tests.fakes.site import MakeSite

SITES: Mapping[str, MakeSite] = {"github": github_site, "gitlab": gitlab_site}
