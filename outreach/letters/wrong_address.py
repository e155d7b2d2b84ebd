"""What a teacher is told of an address that is somebody else's, or to which letters don't arrive."""

from __future__ import annotations

from collections.abc import Iterator

from outreach.letters.language import gettext as _
from outreach.letters.phrases import names, own_students, session_words
from outreach.models import Cause, LetterSnapshot


def wrong_address(facts: LetterSnapshot) -> str:
    """Say whose address reached somebody else, or nobody."""
    who, told = names(own_students(facts), facts), session_words(facts.session)
    if facts.cause is not Cause.BOUNCED:
        return _("The address to which we sent letters for %(names)s about %(session)s is somebody else's.", names=who, session=told)
    return _(
        "Letters for %(names)s don't arrive: the mail server says there is no such mailbox. The next session is %(session)s.",
        names=who,
        session=told,
    )


def wrong_address_notes(facts: LetterSnapshot) -> Iterator[str]:
    """Say what we do about it, and what the teacher can do."""
    if facts.cause is not Cause.BOUNCED:
        yield _("Its reader told us so, and we no longer write there. The places stay as they are.")
        yield _("Please ask the family and correct the address in your class list: the invitation then goes to the new one by itself.")
        return
    yield _("We send nothing more to this address. The places stay as they are.")
    yield _("Please ask the family and correct the address: the new one then hears by itself how things stand.")
    yield _("If the address is right after all, say so on the student's page, and we write there again.")
    if facts.stands_in_for:
        yield _("Where it says “Please tell them yourself”, nobody responsible hears from us until then.")
