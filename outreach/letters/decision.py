"""What the letter says that asks a host, or a coordinator, whether a provisional session takes place."""

from __future__ import annotations

from collections.abc import Iterator

from outreach.letters.language import gettext as _
from outreach.letters.phrases import session_words
from outreach.letters.provisional import until
from outreach.models import Cause, LetterSnapshot, Reader


def asking(facts: LetterSnapshot) -> str:
    """Ask whoever decides; a coordinator once the hosts haven't."""
    told, by = session_words(facts.session), until(facts.session)
    if facts.reader is Reader.COORDINATOR:
        return _("Nobody has decided yet whether %(session)s takes place. That was due by %(until)s.", session=told, until=by)
    if facts.cause is Cause.UNDECIDED:
        return _("Does %(session)s take place? It should have been decided by %(until)s. Please decide now.", session=told, until=by)
    return _("Does %(session)s take place? Please decide by %(until)s.", session=told, until=by)


def asking_subject(facts: LetterSnapshot) -> str:
    """'Please decide'."""
    if facts.reader is Reader.COORDINATOR:
        return _("Nobody has decided")
    return _("Please decide now") if facts.cause is Cause.UNDECIDED else _("Please decide")


def notes_to_who_decides(facts: LetterSnapshot) -> Iterator[str]:
    """Say what the button does, and that nothing happens by itself."""
    yield _("“Decide now” opens a page to confirm, cancel or move it, the first two without signing in. Opening it changes nothing.")
    if facts.reader is Reader.COORDINATOR:
        yield _("Its hosts were asked. Nothing happens by itself: until somebody decides, it stays provisional in every calendar.")
    else:
        yield _("Nothing happens by itself: until you decide, it stays provisional in every calendar.")
    yield _("The link is yours alone: please don't pass this letter on.")
