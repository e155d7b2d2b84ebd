"""The table of facts in a letter: when, where, who, what to bring; what changed stands beside what was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC
from zoneinfo import ZoneInfo

from outreach.letters.content import FactRow, LetterContext
from outreach.letters.language import gettext as _
from outreach.letters.phrases import is_about_you, is_family, name, names, own_students, place_name, waits
from outreach.letters.provisional import status_lines
from outreach.models import Cause, LetterSnapshot, SessionSnapshot
from outreach.web import formatting


def fact_rows(facts: LetterSnapshot, *, goes_on: bool, has_link: bool, names_students: bool = True) -> tuple[FactRow, ...]:
    """Give the rows that say something.

    `goes_on`: the reader takes part, so what to bring matters. `has_link`: they may know the link to join.
    `names_students`: here, not in a list below.
    """
    told = [*_place_and_time(facts)]
    if names_students and own_students(facts) and not is_about_you(facts):
        told.append(FactRow(label=_("Who") if is_family(facts) else _("Your family"), lines=_family_lines(facts)))
    told += _company(facts)
    if has_link and facts.session.video_url:
        told.append(_join(facts.session))
    if goes_on:
        told += preparation(facts)
    if facts.has_new_description:
        told.append(FactRow(label=_("Description"), lines=(_("This has changed. Read it on the session's page."),)))
    return tuple(row for row in told if row.lines or row.was)


def rows_of_who_takes_part(context: LetterContext) -> tuple[FactRow, ...]:
    """Give what somebody with a seat or a part needs; the link to join only if they have an entry."""
    return fact_rows(context.facts, goes_on=True, has_link=context.facts.entry is not None)


def place_lines(session_facts: SessionSnapshot) -> tuple[str, ...]:
    """Where it is, from the door outwards; 'Online' where there is no door."""
    if not session_facts.site_name:
        return (_("Online"),)
    return (place_name(session_facts), *paragraphs(session_facts.address), *meeting_point_lines(session_facts))


def meeting_point_lines(session: SessionSnapshot) -> tuple[str, ...]:
    """Where to meet at the site; nothing where that isn't known."""
    if not session.site_name or not session.meeting_point:
        return ()
    return (_("Meet at: %(meeting_point)s", meeting_point=session.meeting_point),)


def _place_and_time(facts: LetterSnapshot) -> Iterator[FactRow]:
    if facts.was and facts.was.title != facts.session.title:
        yield _changeable(_("What"), lambda told: (told.title,), facts)
    yield _changeable(_("When"), lambda told: _when(told, facts.reader_zone), facts)
    yield _changeable(_("Where"), place_lines, facts)
    if facts.session.is_provisional or (facts.was and facts.was.is_provisional):
        yield _changeable(_("Status"), status_lines, facts)


def _company(facts: LetterSnapshot) -> Iterator[FactRow]:
    yield _changeable(_("Host"), lambda told: (told.host_name,), facts)
    label = _("Address") if facts.cause in (Cause.ADDRESS, Cause.BOUNCED) else _("Reason")
    yield FactRow(label=label, lines=paragraphs(facts.reason or facts.session.cancel_reason))


def preparation(facts: LetterSnapshot) -> Iterator[FactRow]:
    """What to bring and wear, and what is given out."""
    yield _changeable(_("What to bring"), lambda told: paragraphs(told.bring), facts)
    yield _changeable(_("What to wear"), lambda told: paragraphs(told.wear), facts)
    yield _changeable(_("Each student gets"), lambda told: paragraphs(told.kit), facts)


def _join(session_facts: SessionSnapshot) -> FactRow:
    link = session_facts.video_url
    return FactRow(label=_("Join"), lines=(link,), url=link if link.startswith(("https://", "http://")) else "")


def _changeable(label: str, tell: Callable[[SessionSnapshot], tuple[str, ...]], facts: LetterSnapshot) -> FactRow:
    now = tell(facts.session)
    was = tell(facts.was) if facts.was else now
    return FactRow(label=label, lines=now, was=() if was == now else was or (_("nothing"),))


def _when(told: SessionSnapshot, reader_zone: str) -> tuple[str, ...]:
    zone = formatting.zone_words(told.starts_wall, told.zone, told.fold)
    lines = (formatting.day(told.starts_wall), f"{formatting.span(told.starts_wall, told.ends_wall)} ({zone})")
    return (*lines, *_after_a_clock_change(told), *_on_the_readers_clock(told, reader_zone))


def _after_a_clock_change(told: SessionSnapshot) -> Iterator[str]:
    starts, ends = (wall.replace(tzinfo=ZoneInfo(told.zone), fold=told.fold) for wall in (told.starts_wall, told.ends_wall))
    if starts.utcoffset() != ends.utcoffset():
        clock, zone = formatting.clock_time(told.ends_wall), formatting.zone_words(told.ends_wall, told.zone, told.fold)
        yield _("The clocks change during the session: it ends at %(clock)s (%(zone)s)", clock=clock, zone=zone)


def _on_the_readers_clock(told: SessionSnapshot, zone: str) -> Iterator[str]:
    """Somebody who joins from afar reads their own time; whoever goes to a place reads that of the place."""
    if zone and not told.site_name:
        starts, ends = (moment.astimezone(UTC).astimezone(ZoneInfo(zone)) for moment in (told.starts_at, told.ends_at))
        if starts.replace(tzinfo=None) != told.starts_wall:
            walls = starts.replace(tzinfo=None), ends.replace(tzinfo=None)
            yield _("Your time: %(when)s", when=formatting.when(*walls, zone, starts.fold))


def _family_lines(facts: LetterSnapshot) -> tuple[str, ...]:
    if not facts.waiting and not facts.gone:
        return (names(facts.seated, facts),)
    seated = (_("%(name)s has a seat", name=name(student, facts)) for student in facts.seated)
    waiting = (waits(name(student, facts), student.place_in_queue) for student in facts.waiting)
    gone = (_("%(name)s is no longer coming", name=name(student, facts)) for student in facts.gone)
    return (*seated, *waiting, *gone)


def paragraphs(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
