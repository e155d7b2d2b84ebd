"""Letters a calendar's reply gives cause for: another time proposed, an invitation passed on, an answer from another address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from zoneinfo import ZoneInfo

from outreach.letters.content import FactRow
from outreach.letters.language import gettext as _
from outreach.letters.phrases import is_family, names, session_words
from outreach.models import Cause, LetterSnapshot, ProposalSnapshot, Reader
from outreach.web import formatting

_ANSWERS = {
    "accepted": lambda: _("Coming"),
    "tentative": lambda: _("Not sure"),
    "declined": lambda: _("Can't come"),
}


def asked_subject(facts: LetterSnapshot) -> str:
    """Give the subject's first words to those who decide."""
    return _("Another time proposed") if facts.cause is Cause.COUNTERED else _("An invitation was passed on")


def asked_lead(facts: LetterSnapshot) -> str:
    """Say who asks for what."""
    words = {"who": _who(facts), "session": session_words(facts.session)}
    if facts.cause is Cause.COUNTERED:
        return _("%(who)s would like another time for %(session)s.", **words)
    return _("%(who)s passed the invitation to %(session)s on to somebody else.", **words)


def confirm_subject(facts: LetterSnapshot) -> str:
    """Give the subject's first words to whoever is asked, and to those who get a copy."""
    return _("An answer from another address") if _is_a_copy(facts) else _("Please confirm your answer")


def confirm_lead(facts: LetterSnapshot) -> str:
    """Say that an answer doesn't count, and why."""
    told = session_words(facts.session)
    if _is_a_copy(facts):
        words = {"names": _whom_it_asks(facts), "session": told}
        return _("Somebody answered the invitation of %(names)s to %(session)s from another address, so the answer doesn't count.", **words)
    return _("Somebody answered your invitation to %(session)s from another address, so the answer doesn't count yet.", session=told)


def asked_rows(facts: LetterSnapshot) -> Iterator[FactRow]:
    """Give what was proposed, on the clock of the session; what they wrote; what another address answered."""
    asked = facts.asked
    if asked is None:
        return
    if asked.starts_at and asked.ends_at:
        yield FactRow(label=_("Proposed"), lines=_proposed(asked, facts.session.zone))
    if asked.comment:
        yield FactRow(label=_("In their words"), lines=tuple(line.strip() for line in asked.comment.splitlines() if line.strip()))
    if asked.answer in _ANSWERS:
        yield FactRow(label=_("The answer"), lines=(_ANSWERS[asked.answer](),))


def asked_notes(facts: LetterSnapshot) -> Iterator[str]:
    """Say to host and teacher what follows, and that the other one knows."""
    yield from _if_another_time(facts) if facts.cause is Cause.COUNTERED else _if_passed_on(facts)
    if facts.reader is Reader.TEACHER:
        yield _("The host has this letter too.")
    elif facts.seated:
        yield _("The teacher who registered has this letter too.")


def confirm_notes(facts: LetterSnapshot) -> Iterator[str]:
    """Say what to do for each way in which it may have happened."""
    if _is_a_copy(facts):
        yield _("%(names)s got a letter that asks for the true answer.", names=_whom_it_asks(facts))
        if not is_family(facts):
            yield _("You hear of it because no letter reaches a guardian.")
    elif is_family(facts):
        yield _("If it was you, please answer on your page, or from the mail address this letter went to.")
        yield _("If you passed the invitation on: it is for you alone, and a seat can't be passed on.")
    else:
        yield _("If it was you, please answer from the mail address this letter went to.")
        yield _("If you passed the invitation on: it is for you alone.")
    yield _("If you know nothing of it, there is nothing you need to do: nothing was changed.")


def _is_a_copy(facts: LetterSnapshot) -> bool:
    """It asks a minor; the reader is a guardian, or stands in for one."""
    return facts.asked is not None and facts.asked.by is Reader.STUDENT and facts.reader is not Reader.STUDENT


def _whom_it_asks(facts: LetterSnapshot) -> str:
    return names(facts.seated or facts.stands_in_for, facts)


def _who(facts: LetterSnapshot) -> str:
    asked = facts.asked
    if not facts.seated or asked is None:
        return (asked.name if asked else "") or _("Somebody you invited")
    schools = dict.fromkeys(student.school_name for student in facts.seated if student.school_name)
    who = names(facts.seated, facts)
    if asked.by is Reader.GUARDIAN:
        who = _("The family of %(names)s", names=who)
    return _("%(who)s (%(school)s)", who=who, school=next(iter(schools))) if len(schools) == 1 else who


def _proposed(asked: ProposalSnapshot, zone: str) -> tuple[str, ...]:
    assert asked.starts_at is not None  # noqa: S101 (its caller looked)
    assert asked.ends_at is not None  # noqa: S101 (its caller looked)
    starts, ends = (moment.astimezone(UTC).astimezone(ZoneInfo(zone)) for moment in (asked.starts_at, asked.ends_at))
    words = formatting.zone_words(starts.replace(tzinfo=None), zone, starts.fold)
    return (formatting.day(starts), f"{formatting.span(starts, ends)} ({words})")


def _if_another_time(facts: LetterSnapshot) -> Iterator[str]:
    if facts.reader is Reader.HOST:
        yield _("Nothing has changed. If you move the session, every calendar follows; if not, there is nothing you need to do.")
        return
    yield _("Nothing has changed: the host decides whether the session moves.")
    yield _("If the time as it is doesn't suit, please withdraw the place: it goes to somebody who waits.")


def _if_passed_on(facts: LetterSnapshot) -> Iterator[str]:
    yield _("A seat can't be passed on, so this counts as no answer.")
    if facts.reader is Reader.TEACHER:
        yield _("If the place isn't needed, please withdraw it: it goes to somebody who waits.")
