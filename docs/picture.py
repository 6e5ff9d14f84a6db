"""Draw docs/comment.png: the upper part of the demo's first comment, as GitHub would show it.

Needs a chromium on the PATH: ``python docs/picture.py``. Nothing else of the project needs either.
"""

import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import cmarkgfm
from cmarkgfm.cmark import Options
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bot.evaluation.evaluate import evaluate, survey  # noqa: E402 - the application is not installed
from bot.evaluation.people import Context, People  # noqa: E402
from bot.forges.base import Account, Activity  # noqa: E402
from bot.publications import Publications  # noqa: E402
from bot.report.comment import comment  # noqa: E402
from demo.seed import baseline, candidate  # noqa: E402
from tests.fakes.commits import Commits  # noqa: E402

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
PICTURE = ROOT / "docs" / "comment.png"
WIDTH, HEIGHT, SCALE = 940, 940, 1.5
PAGE = """<!doctype html><meta charset="utf-8"><style>
* { box-sizing: border-box }
body { margin: 12px; background: #fff; color: #1f2328; font: 14px/1.5 "Noto Sans", "DejaVu Sans", sans-serif }
.box { border: 1px solid #d1d9e0; border-radius: 6px }
.head { background: #f6f8fa; border-bottom: 1px solid #d1d9e0; padding: 8px 16px; border-radius: 6px 6px 0 0;
        color: #59636e }
.head b { color: #1f2328 }
.head i { border: 1px solid #d1d9e0; border-radius: 2em; padding: 0 7px; font: 12px/18px inherit;
          font-style: normal }
.body { padding: 4px 16px 12px }
h2 { font-size: 21px; border-bottom: 1px solid #d1d9e0; padding-bottom: 6px; margin: 12px 0 14px }
h3 { font-size: 17.5px; margin: 22px 0 10px }
p, table, ul, details { margin: 0 0 12px }
ul { padding-left: 28px } li + li { margin-top: 6px }
code { background: #eff1f3; border-radius: 6px; padding: .2em .4em;
       font: 85% "DejaVu Sans Mono", monospace }
table { border-collapse: collapse } th, td { border: 1px solid #d1d9e0; padding: 5px 11px; text-align: left }
tr:nth-child(2n) td { background: #f6f8fa } sub { font-size: 12px; vertical-align: baseline }
body::after { content: ""; position: fixed; left: 0; right: 0; bottom: 0; height: 60px;
              background: linear-gradient(#fff0, #fff) }
</style><div class="box"><div class="head"><b>sevengates</b> <i>bot</i> commented</div><div class="body">
"""


def first_comment() -> str:
    """What the demo's pull request says when it is opened."""
    commits = Commits()
    main = commits.commit(baseline(NOW))
    head = commits.commit(candidate(NOW), onto=main)
    lead, engineer = (Account(id=n, login=login, can_write=True) for n, login in ((1, "ana"), (2, "dana")))
    people = People(
        author=engineer,
        activity=Activity(),
        members=lambda owner: (lead,) if owner == "@ana" else (),
        publications=Publications(),
        head_sha=head,
    )
    found = survey(commits, commits.revisions(main, head), dialect="github")
    return comment(evaluate(commits, found, Context(number=1, base_ref="main", now=NOW, people=people)))


def main() -> None:
    """Render, photograph, reduce."""
    body = cmarkgfm.github_flavored_markdown_to_html(first_comment(), options=Options.CMARK_OPT_UNSAFE)
    with tempfile.TemporaryDirectory() as directory:
        page, shot = Path(directory, "comment.html"), Path(directory, "comment.png")
        page.write_text(PAGE + body + "</div></div>", encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        size = [f"--window-size={WIDTH},{HEIGHT}", f"--force-device-scale-factor={SCALE}"]
        subprocess.run(  # noqa: S603 - our own page
            ["chromium", *options, *size, f"--screenshot={shot}", page.as_uri()],  # noqa: S607 - on the PATH
            check=True,
            capture_output=True,
            timeout=120,
        )
        Image.open(shot).convert("RGB").quantize(48).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
