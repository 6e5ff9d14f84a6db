"""A whole worker process with the real reconciler, impatient: ``python -m tests.fakes.real_worker``.

It is configured by its environment, like `python -m bot work`.
"""

import os
import sys

from bot import reconcile, worker
from bot.settings import load
from tests.fakes.reconciler import FAST

if __name__ == "__main__":
    settings = load(os.environ)
    assert settings.database_url is not None
    sys.exit(0 if worker.run(settings.database_url, settings, reconcile, FAST) else 1)
