"""The table in a letter: when, where, who, what to bring; a changed row shows the previous value too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC
from zoneinfo import ZoneInfo

from outreach.letters.content import FactRow, LetterContext
from outreach.letters.language import gettext as _
from outreach.letters.phrases import is_about_you, is_family, location_name, name, names, own_students, waiting_text
from outreach.letters.provisional import status_lines
from outreach.models import Cause, LetterSnapshot, SchoolSnapshot, SessionSnapshot
from outreach.web import formatting


def fact_rows(snapshot: LetterSnapshot, *, takes_part: bool, has_link: bool, names_students: bool = True) -> tuple[FactRow, ...]:
    """Give the rows that aren't empty.

    `takes_part`: the reader needs to know what to bring. `has_link`: they may know the link to join.
    `names_students`: in the table, if no list below names them.
    """
    rows = [*_place_and_time(snapshot)]
    if names_students and own_students(snapshot) and not is_about_you(snapshot):
        rows.append(FactRow(label=_("Who") if is_family(snapshot) else _("Your family"), lines=_family_lines(snapshot)))
    rows += _company(snapshot)
    if has_link and snapshot.session.video_url:
        rows.append(_join(snapshot.session))
    if takes_part:
        rows += preparation(snapshot)
    rows += school_rows(snapshot, takes_part=takes_part and bool(snapshot.seated))
    if snapshot.has_new_description:
        rows.append(FactRow(label=_("Description"), lines=(_("This has changed. Read it on the session's page."),)))
    return tuple(row for row in rows if row.lines or row.previous)


def rows_of_who_takes_part(context: LetterContext) -> tuple[FactRow, ...]:
    """Give the rows for somebody who takes part; the link to join only if they have a calendar entry."""
    return fact_rows(context.snapshot, takes_part=True, has_link=context.snapshot.entry is not None)


def location_lines(outreach_session: SessionSnapshot) -> tuple[str, ...]:
    """Area, site and address with the meeting point, or 'Online'."""
    if not outreach_session.site_name:
        return (_("Online"),)
    return (location_name(outreach_session), *paragraphs(outreach_session.address), *meeting_point_lines(outreach_session))


def meeting_point_lines(outreach_session: SessionSnapshot) -> tuple[str, ...]:
    """The meeting point at the site; nothing if there is none."""
    if not outreach_session.site_name or not outreach_session.meeting_point:
        return ()
    return (_("Meet at: %(meeting_point)s", meeting_point=outreach_session.meeting_point),)


def _place_and_time(snapshot: LetterSnapshot) -> Iterator[FactRow]:
    if snapshot.was and snapshot.was.title != snapshot.session.title:
        yield _row(_("What"), lambda version: (version.title,), snapshot)
    yield _row(_("When"), lambda version: _when(version, snapshot.reader_zone), snapshot)
    yield _row(_("Where"), location_lines, snapshot)
    if snapshot.session.is_provisional or (snapshot.was and snapshot.was.is_provisional):
        yield _row(_("Status"), status_lines, snapshot)


def _company(snapshot: LetterSnapshot) -> Iterator[FactRow]:
    yield _row(_("Host"), lambda version: (version.host_name,), snapshot)
    label = _("Address") if snapshot.cause in (Cause.ADDRESS, Cause.BOUNCED) else _("Reason")
    yield FactRow(label=label, lines=paragraphs(snapshot.reason or snapshot.session.cancel_reason))
    yield FactRow(label=_("Note from the host"), lines=paragraphs(snapshot.note))


def preparation(snapshot: LetterSnapshot) -> Iterator[FactRow]:
    """What to bring and wear, and what is given out."""
    yield _row(_("What to bring"), lambda version: paragraphs(version.bring), snapshot)
    yield _row(_("What to wear"), lambda version: paragraphs(version.wear), snapshot)
    yield _row(_("Kit for each student"), lambda version: paragraphs(version.kit), snapshot)


def _join(outreach_session: SessionSnapshot) -> FactRow:
    link = outreach_session.video_url
    return FactRow(label=_("Join"), lines=(link,), url=link if link.startswith(("https://", "http://")) else "")


def _row(label: str, lines_of: Callable[[SessionSnapshot], tuple[str, ...]], snapshot: LetterSnapshot) -> FactRow:
    now = lines_of(snapshot.session)
    previous = lines_of(snapshot.was) if snapshot.was else now
    return FactRow(label=label, lines=now, previous=() if previous == now else previous or (_("nothing"),))


def _when(outreach_session: SessionSnapshot, reader_zone: str) -> tuple[str, ...]:
    zone = formatting.zone_words(outreach_session.starts_wall, outreach_session.zone, outreach_session.fold)
    lines = (
        formatting.day(outreach_session.starts_wall),
        f"{formatting.span(outreach_session.starts_wall, outreach_session.ends_wall)} ({zone})",
    )
    return (*lines, *_after_a_clock_change(outreach_session), *_on_the_readers_clock(outreach_session, reader_zone))


def _after_a_clock_change(outreach_session: SessionSnapshot) -> Iterator[str]:
    starts, ends = (
        wall.replace(tzinfo=ZoneInfo(outreach_session.zone), fold=outreach_session.fold)
        for wall in (outreach_session.starts_wall, outreach_session.ends_wall)
    )
    if starts.utcoffset() != ends.utcoffset():
        clock = formatting.clock_time(outreach_session.ends_wall)
        zone = formatting.zone_words(outreach_session.ends_wall, outreach_session.zone, outreach_session.fold)
        yield _("The clocks change during the session: it ends at %(clock)s (%(zone)s)", clock=clock, zone=zone)


def _on_the_readers_clock(outreach_session: SessionSnapshot, zone: str) -> Iterator[str]:
    """Give the reader's own time for an online session, if their clock shows another one."""
    if zone and not outreach_session.site_name:
        starts, ends = (
            moment.astimezone(UTC).astimezone(ZoneInfo(zone)) for moment in (outreach_session.starts_at, outreach_session.ends_at)
        )
        if starts.replace(tzinfo=None) != outreach_session.starts_wall:
            walls = starts.replace(tzinfo=None), ends.replace(tzinfo=None)
            yield _("Your time: %(when)s", when=formatting.when(*walls, zone, starts.fold))


def _family_lines(snapshot: LetterSnapshot) -> tuple[str, ...]:
    if not snapshot.waiting and not snapshot.gone:
        return (names(snapshot.seated, snapshot),)
    seated = (_("%(name)s has a seat", name=name(student, snapshot)) for student in snapshot.seated)
    waiting = (waiting_text(name(student, snapshot), student.place_in_queue) for student in snapshot.waiting)
    gone = (_("%(name)s is no longer coming", name=name(student, snapshot)) for student in snapshot.gone)
    return (*seated, *waiting, *gone)


def paragraphs(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def school_rows(snapshot: LetterSnapshot, *, takes_part: bool) -> Iterator[FactRow]:
    """Tell a family which school it is and whom they can ask; `takes_part`: also what is arranged for the day."""
    if not is_family(snapshot):
        return
    for school in snapshot.schools:
        yield FactRow(label=_("School"), lines=(", ".join((school.name, *school.classes)),))
        yield FactRow(label=_("Who to ask"), lines=(*_teacher(school),))
        if takes_part:
            yield from _on_the_day(school, snapshot)


def _teacher(school: SchoolSnapshot) -> Iterator[str]:
    if school.teacher_name:
        yield _("%(teacher)s, %(address)s", teacher=school.teacher_name, address=school.teacher_address)
    if school.phone:
        yield _("Telephone: %(phone)s", phone=school.phone)


def _on_the_day(school: SchoolSnapshot, snapshot: LetterSnapshot) -> Iterator[FactRow]:
    values = {"host": snapshot.session.host_name, "teacher": school.teacher_name or school.name}
    if snapshot.session.site_name:
        looked_after = school.looked_after_by or _(
            "%(host)s during the session. %(teacher)s can tell you who travels with the students.", **values
        )
        travel = school.travel or _("%(teacher)s can tell you how the students get there and back.", **values)
        yield FactRow(label=_("Looked after by"), lines=(looked_after,))
        yield FactRow(label=_("Getting there"), lines=(travel,))
    contact = school.day_contact or ", ".join(filter(None, (values["teacher"], school.phone or school.teacher_address)))
    yield FactRow(label=_("On the day"), lines=(contact,))
