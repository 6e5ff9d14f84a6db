"""Who a tool means: some records name a person by number, others in full."""

from collections.abc import Iterable

import msgspec

from bot.evidence.values import plain_text


class Person(msgspec.Struct):
    """A person as tools write one; the fields of which at least one is there."""

    id: int | str | None = None
    username: str | None = None
    email: str | None = None


class Directory:
    """The names of the people an export mentions, so that one person has one name throughout."""

    __slots__ = ("_names",)

    def __init__(self, people: Iterable[Person | int | None]) -> None:
        self._names = {
            person.id: name
            for person in people
            if isinstance(person, Person) and (name := person.username or person.email)
        }

    def name(self, person: Person | int | None) -> str:
        """The person's user name, else e-mail address, else number; empty for nobody.

        Raises:
            BadValueError: the name holds a NUL character.
        """
        if person is None:
            return ""
        number = person.id if isinstance(person, Person) else person
        said = (person.username or person.email) if isinstance(person, Person) else None
        return plain_text(said or self._names.get(number) or ("" if number is None else str(number)))
