r"""CODEOWNERS as GitLab reads it.

Lines belong to sections; in each section the last matching line decides, and every section that
is not optional must approve. A section may name default owners and a number of approvals. ``!``
takes a path out of its section for good. There are no inline comments: whoever is named in one
becomes an owner. Patterns follow Ruby's ``File.fnmatch`` with FNM_DOTMATCH and FNM_PATHNAME: a
pattern without a leading "/" matches at any depth, ``[ab]`` is a class, a bare name is a file and
not what lies below it, a final ``**`` is one level. Whatever begins with a name in brackets opens a
section, even ``[ab].txt @a``; of the rest of such a line GitLab takes what looks like owners, up to
the first other character.
Sources: https://docs.gitlab.com/user/project/codeowners/reference/ and …/advanced/
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from bot.answers import Finding
from bot.codeowners.lines import (
    UNREADABLE,
    Ownership,
    Pattern,
    numbered_lines,
    segment,
    split_pattern,
    split_words,
    too_large,
)
from bot.globs import ANY_SEGMENT, RUN, matches_path

GITLAB_LOCATIONS = ("CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
"""Where GitLab looks; the first that exists is the only one used."""

DEFAULT_SECTION = "codeowners"
"""GitLab's name for the lines before the first section header."""

_OWNER = re.compile(
    r"(?<![\w@./-])@{1,2}\w(?:[\w.-]*[\w-])?(?:/\w(?:[\w.-]*[\w-])?)*"  # user, group or role
    r"|(?<![\w.+%-])[\w.+%-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+",  # e-mail
    re.ASCII,
)
_HEADER = re.compile(r"(\^)?\[(.*?)\](?:\[([\s\d]*)\])?(\s*[@\w./\-\s]*)", re.ASCII)
_OLDER_HEADER = re.compile(r"(\^)?\[(.*?)\](?:\[(\d*)\])?((?:\s+[@\w./\-\s+]*)?)", re.ASCII)
"""Servers differ in what they take for owners; where a section begins, they agree."""


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: Pattern | None
    ownership: Ownership
    doubt: Finding | None

    def matches(self, path: str) -> bool:
        return self.pattern is not None and matches_path(self.pattern, path)


@dataclass(frozen=True, slots=True)
class _Header:
    """What the last section header said; it holds for the lines below it."""

    name: str = DEFAULT_SECTION
    optional: bool = False
    approvals: int = 1
    owners: tuple[str, ...] = ()
    doubt: Finding | None = None
    """A later line that looks like a header and is none: what stands below it may belong elsewhere."""
    owners_doubt: Finding | None = None
    """Why `owners` may be read otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """Lines of one name, whatever headers they stand under, by normalised pattern."""

    rules: dict[str, _Rule] = field(default_factory=dict)
    exclusions: list[_Rule] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class GitLabCodeOwners:
    """One CODEOWNERS file. `problems`: what GitLab ignores, reads otherwise, or approves by itself."""

    file: str
    problems: tuple[Finding, ...]
    sections: Mapping[str, _Section] = field(default_factory=dict)

    @classmethod
    def parse(cls, data: bytes, *, file: str) -> "GitLabCodeOwners":
        """Read the bytes of the file. A file of 3 MB or more has one problem and no rules."""
        if refused := too_large(data, file):
            return cls(file=file, problems=refused)
        reading = _Reading(file)
        for number, line in numbered_lines(data):
            reading.line(number, line)
        return cls(file=file, problems=tuple(reading.problems), sections=reading.sections)

    def owners_of(self, path: str) -> tuple[Ownership, ...]:
        """The deciding line of every section that speaks of `path`, in file order of the sections."""
        return tuple(rule.ownership for rule in self._deciding(path))

    def doubts(self, path: str) -> tuple[Finding, ...]:
        """Why the lines that decide about `path` may be meant otherwise than GitLab reads them."""
        return tuple(dict.fromkeys(rule.doubt for rule in self._deciding(path) if rule.doubt is not None))

    def _deciding(self, path: str) -> Iterator[_Rule]:
        for section in self.sections.values():
            last = next((rule for rule in reversed(section.rules.values()) if rule.matches(path)), None)
            if last is not None and not any(excluded.matches(path) for excluded in section.exclusions):
                yield last


class _Reading:
    """The state of reading one file from top to bottom."""

    def __init__(self, file: str) -> None:
        self.sections: dict[str, _Section] = {}
        self.problems: list[Finding] = []
        self._file = file
        self._header = _Header()
        self._names: dict[str, str] = {}

    def line(self, number: int, line: str) -> None:
        header = _HEADER.match(line)
        if header is not None:
            self._section(number, header)
        else:
            self._entry(number, line)

    def _section(self, number: int, header: re.Match[str]) -> None:
        optional, name, count, owners = header.groups()
        rest = header.string[header.end() :]
        older = _OLDER_HEADER.match(header.string)
        unsure = rest.startswith("[") or older is None or older[4].split() != owners.split()
        ignored = self._ignored(number, rest or owners.strip(), unsure=unsure) if rest or unsure else None
        if not name.strip():
            text = "This section has no name."
            self._problem("codeowners.invalid-section", number, text, "Write a name between the brackets.")
        if optional and count is not None:
            text = "An optional section cannot ask for a number of approvals."
            self._problem("codeowners.invalid-section", number, text, "Remove the ^ or the number.")
        digits = count.strip() if count is not None and re.fullmatch(r"\s*[0-9]{1,4}\s*", count) else "1"
        self._header = _Header(
            name=self._names.setdefault(name.casefold(), name),
            optional=optional is not None,
            approvals=max(int(digits), 1),
            owners=_owners_in(owners) if ignored else self._owners(number, owners),
            owners_doubt=ignored if unsure else None,
        )

    def _ignored(self, number: int, rest: str, *, unsure: bool) -> Finding:
        but = f"servers disagree on '{rest}'" if unsure else f"nothing of '{rest}'"
        text = f"GitLab reads this line as the header of a section, and {but}."
        fix = "Write nothing behind a header but owners; a path that begins with [ needs a / before it."
        return self._problem("codeowners.invalid-section", number, text, fix)

    def _entry(self, number: int, line: str) -> None:
        pattern, rest = split_pattern(line.removeprefix("!"))
        normal = _normal(pattern.replace(UNREADABLE, "*"))
        compiled = compile_pattern(normal)
        unreadable = self._unreadable(number, line)
        if compiled is None:
            self._unclosed(number, line)
        section = self.sections.setdefault(self._header.name, _Section())
        doubt = unreadable or self._header.doubt
        if line.startswith("!"):
            section.exclusions.append(_Rule(compiled, self._ownership(number, pattern, ()), doubt))
            return
        own = self._owners(number, rest)
        owners = own or self._header.owners
        doubt = doubt or (None if own else self._header.owners_doubt)
        if not owners:
            text = "This line has no owners, so GitLab asks nobody and counts it as approved."
            self._problem("codeowners.no-owner", number, text, "Name an owner, or write !pattern.")
        rule = _Rule(compiled, self._ownership(number, pattern, owners), doubt)
        section.rules[normal] = rule  # the same pattern again replaces, but keeps its place

    def _ownership(self, number: int, pattern: str, owners: tuple[str, ...]) -> Ownership:
        return Ownership(
            owners=owners,
            pattern=pattern,
            line=number,
            file=self._file,
            section=self._header.name,
            optional=self._header.optional,
            approvals=self._header.approvals,
        )

    def _unreadable(self, number: int, line: str) -> Finding | None:
        if UNREADABLE not in line:
            return None
        text = "This line is not valid UTF-8."
        return self._problem("codeowners.encoding", number, text, "Save the file as UTF-8.")

    def _unclosed(self, number: int, line: str) -> None:
        text = "A bracket is not closed, so this line opens no section and matches no file."
        finding = self._problem(
            "codeowners.invalid-section", number, text, "Close the bracket, or write \\[ for it."
        )
        if line.startswith(("[", "^[")):
            self._header = replace(self._header, doubt=finding)

    def _owners(self, number: int, text: str) -> tuple[str, ...]:
        for word in split_words(text):
            if not _OWNER.fullmatch(word):
                note = f"'{word}' is no owner; GitLab has no comments after a pattern, and reads names in it."
                self._problem(
                    "codeowners.ignored-owner", number, note, "Write comments on lines of their own."
                )
                break
        return _owners_in(text)

    def _problem(self, code: str, number: int, text: str, fix: str) -> Finding:
        self.problems.append(Finding(code=code, text=text, fix=fix, file=self._file, line=number))
        return self.problems[-1]


def _owners_in(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_OWNER.findall(text)))


def _normal(pattern: str) -> str:
    if pattern == "*":
        return "/**/*"
    pattern = re.sub(r"\\[ \t\r\f\v]+", " ", re.sub(r"^\\#", "#", pattern))
    if not pattern.startswith("/"):
        pattern = f"/**/{pattern}"
    return f"{pattern}**/*" if pattern.endswith("/") else pattern


def compile_pattern(normal: str) -> Pattern | None:
    """Compile a normalised pattern; None when a bracket is not closed, which matches nothing."""
    *directories, name = normal.removeprefix("/").split("/")
    compiled = [RUN if part == "**" else segment(part, classes=True) for part in directories]
    compiled.append(ANY_SEGMENT if name == "**" else segment(name, classes=True))
    whole = tuple(part for part in compiled if part is not None)
    return whole if len(whole) == len(compiled) else None
