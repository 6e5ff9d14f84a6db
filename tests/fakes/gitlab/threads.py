"""Threads of a merge request, which people resolve (https://docs.gitlab.com/api/discussions/)."""

from tests.fakes.gitlab.conversation import Conversation
from tests.fakes.gitlab.model import Discussion, Level, MergeRequest, Note, User


class Threads(Conversation):
    """What people do with threads."""

    def discuss(self, mr: MergeRequest, body: str, *, by: User) -> Discussion | None:
        """Start a thread; None when the text was nothing but quick actions."""
        with self.lock:
            note = self.comment(mr, body, by=by)
            if note is None:
                return None
            note.individual, note.resolvable = False, True
            made = Discussion(id=note.discussion_id, notes=[note])
            mr.discussions.append(made)
            return made

    def reply(self, mr: MergeRequest, thread: Discussion, body: str, *, by: User) -> Note | None:
        """Answer in a thread; one that was resolved stays so."""
        with self.lock:
            note = self.comment(mr, body, by=by)
            if note is None:
                return None
            first = thread.notes[0]
            note.individual, note.resolvable, note.discussion_id = False, first.resolvable, thread.id
            note.resolved_by, note.resolved_at = first.resolved_by, first.resolved_at
            thread.notes.append(note)
            return note

    def resolve(self, mr: MergeRequest, thread: Discussion, *, by: User, resolved: bool = True) -> None:
        """Resolve or reopen a thread; who resolved it first stays named."""
        with self.lock:
            now = self.clock.tick()
            for note in thread.notes:
                if not resolved:
                    note.resolved_by = note.resolved_at = None
                elif not note.resolved:
                    note.resolved_by, note.resolved_at = by, now
            mr.updated_at = now
            if resolved and all(note.resolved for note in mr.notes if note.resolvable):
                self.system_note(mr, "resolved all threads", by=by)


def may_resolve(mr: MergeRequest, thread: Discussion, by: User) -> bool:
    """Anybody who may push, and the merge request's author: not only who began the thread."""
    resolvable = any(note.resolvable for note in thread.notes)
    return resolvable and (mr.author is by or mr.project.can(by, Level.DEVELOPER))


def threads_of(mr: MergeRequest) -> list[Discussion]:
    """All discussions, oldest first: a note that stands alone, or was written by GitLab, is one too."""
    grouped: dict[str, list[Note]] = {}
    for note in mr.notes:
        grouped.setdefault(note.discussion_id, []).append(note)
    return [Discussion(id=name, notes=notes) for name, notes in grouped.items()]
