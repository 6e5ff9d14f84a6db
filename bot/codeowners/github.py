r"""CODEOWNERS as GitHub reads it.

The last line whose pattern matches decides, alone. A line without owners takes ownership away. A
line with a mistake is skipped, and the rest of the file stands: so the line before it decides,
which its author did not mean. Such lines are listed in `problems`, and `doubts` tells whether one
could have spoken of a path.

Patterns: like .gitignore, but with no ``!``, no ``[ ]`` and no ``\#``; ``dir/*`` owns the files
directly in the directory and nothing deeper. Letter case counts.
Source: https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
"""

import re
from dataclasses import dataclass

from bot.answers import Finding
from bot.codeowners.lines import (
    UNREADABLE,
    Doubt,
    Ownership,
    Pattern,
    numbered_lines,
    segment,
    split_pattern,
    split_words,
    too_large,
)
from bot.globs import ANY_SEGMENT, RUN, Run, Segment, matches_path

GITHUB_LOCATIONS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where GitHub looks; the first that exists is the only one used."""

_OWNER = re.compile(
    r"@[A-Za-z0-9_-]+"  # user
    r"|@[A-Za-z0-9_-]+/[A-Za-z0-9_.-]+"  # organisation/team
    r"|[^\s@#]+@[^\s@#.]+(?:\.[^\s@#.]+)+"  # e-mail
)


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: Pattern
    ownership: Ownership


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubCodeOwners:
    """One CODEOWNERS file. `problems`: every line that GitHub skips or that misleads its readers."""

    file: str
    problems: tuple[Finding, ...]
    rules: tuple[_Rule, ...] = ()
    doubtful: tuple[Doubt, ...] = ()

    @classmethod
    def parse(cls, data: bytes, *, file: str) -> "GitHubCodeOwners":
        """Read the bytes of the file. A file of 3 MB or more has one problem and no rules."""
        if refused := too_large(data, file):
            return cls(file=file, problems=refused)
        rules: list[_Rule] = []
        doubts: list[Doubt] = []
        for number, line in numbered_lines(data):
            read = _line(number, line, file)
            if isinstance(read, _Rule):
                rules.append(read)
            else:
                doubts.append(read)
        if data.startswith(b"\xef\xbb\xbf"):
            doubts[:0] = [_byte_order_mark(rule, file) for rule in rules[:1] if rule.ownership.line == 1]
        problems = (*(doubt.finding for doubt in doubts), *_without_pattern(rules, file))
        ordered = sorted(problems, key=lambda finding: finding.line or 0)
        return cls(file=file, problems=tuple(ordered), rules=tuple(rules), doubtful=tuple(doubts))

    def owners_of(self, path: str) -> tuple[Ownership, ...]:
        """The line that decides about `path`: one, or none when no pattern matches."""
        for rule in reversed(self.rules):
            if matches_path(rule.pattern, path):
                return (rule.ownership,)
        return ()

    def doubts(self, path: str) -> tuple[Finding, ...]:
        """Lines with a mistake that would decide about `path` if they were read as meant."""
        decided = max((ownership.line for ownership in self.owners_of(path)), default=0)
        return tuple(d.finding for d in self.doubtful if d.line >= decided and d.concerns(path))


def _line(number: int, line: str, file: str) -> _Rule | Doubt:
    pattern, rest = split_pattern(line)
    mistake = _mistake(pattern)
    if mistake is not None:
        text, fix = mistake
        finding = _skipped("codeowners.invalid-pattern", number, file, text, fix)
        return Doubt(line=number, readings=_readings(pattern), finding=finding)
    owners = split_words(rest.partition("#")[0])
    bad = next((owner for owner in owners if not _OWNER.fullmatch(owner)), None)
    if bad is not None:
        text = f"'{bad}' is no owner"
        fix = "Write each owner as @user, @organisation/team or an e-mail address."
        finding = _skipped("codeowners.invalid-owner", number, file, text, fix)
        return Doubt(line=number, readings=(compile_pattern(pattern),), finding=finding)
    ownership = Ownership(owners=owners, pattern=pattern, line=number, file=file)
    return _Rule(compile_pattern(pattern), ownership)


def _skipped(code: str, number: int, file: str, text: str, fix: str) -> Finding:
    return Finding(code=code, text=f"GitHub skips this line: {text}.", fix=fix, file=file, line=number)


def _mistake(pattern: str) -> tuple[str, str] | None:
    """What makes a pattern invalid and what cures it; None when it is valid."""
    bare = re.sub(r"\\.", "", pattern)
    found = {
        UNREADABLE in pattern: ("it is not valid UTF-8", "Save the file as UTF-8."),
        not pattern.strip("/"): ("this pattern never matches", "Write * to own every file."),
        bare.endswith("\\"): ("nothing follows the last backslash", "Remove the backslash."),
        "***" in bare: ("three stars mean nothing", "Write ** for directories at any depth."),
        "[" in bare or "]" in bare: (
            "both [ and ] must be escaped",
            "Write \\[ and \\] for brackets in names.",
        ),
        "#" in bare: ("a '#' inside a pattern may begin a comment", "Write a space before it, or ? for '#'."),
        pattern.startswith("\\#"): ("a pattern cannot begin with an escaped '#'", "Write ? for '#'."),
        pattern.startswith("!"): ("'!' cannot exclude files", "Add a line without owners instead."),
    }
    return found.get(True)


def _readings(pattern: str) -> tuple[Pattern, ...]:
    """Every way an invalid pattern may have been meant: brackets as text and as a class, and so on."""
    meant = re.sub(r"\*{3,}", "**", pattern.removeprefix("!").replace(UNREADABLE, "*"))
    texts = {meant, re.split(r"(?<!\\)#", meant, maxsplit=1)[0]}
    return tuple(
        compile_pattern(text, classes=classes)
        for text in sorted(texts)
        if text.strip("/")
        for classes in (False, True)
    )


def compile_pattern(pattern: str, *, classes: bool = False) -> Pattern:
    """Compile a pattern: anchored at the root when a "/" stands before its end, else of any depth."""
    parts = pattern.split("/")
    anchored = len(parts) > 2 or (len(parts) == 2 and parts[1] != "")
    if parts[0] == "" and len(parts) > 1:
        del parts[0]
    if parts[-1] == "":
        parts[-1] = "**"  # a directory: everything below
    compiled: list[Segment | Run] = [] if anchored else [RUN]
    compiled += [RUN if part == "**" else segment(part, classes=classes) or Segment.of(()) for part in parts]
    match parts[-1]:
        case "**":
            compiled[-1:] = (ANY_SEGMENT, RUN)
        case "*":
            pass  # files here, nothing deeper
        case _:
            compiled.append(RUN)  # the file, or everything below the directory of that name
    return tuple(compiled)


def _byte_order_mark(rule: _Rule, file: str) -> Doubt:
    finding = Finding(
        code="codeowners.byte-order-mark",
        text="The file begins with a byte order mark; whether its first line counts is not documented.",
        fix="Save the file as UTF-8 without a byte order mark.",
        file=file,
        line=1,
    )
    return Doubt(line=1, readings=(rule.pattern,), finding=finding)


def _without_pattern(rules: list[_Rule], file: str) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            code="codeowners.no-pattern",
            text=f"'{rule.ownership.pattern}' is read as a file name, because it stands first on the line.",
            fix="Write the pattern before the owners.",
            file=file,
            line=rule.ownership.line,
        )
        for rule in rules
        if not rule.ownership.owners and _OWNER.fullmatch(rule.ownership.pattern)
    )
