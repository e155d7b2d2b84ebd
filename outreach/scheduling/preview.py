"""What publishing, editing, moving or cancelling would send to whom, in words, before it is done.

Reads only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from outreach.db import db
from outreach.errors import NotThere, Refusal
from outreach.models import OutreachSession, SessionSnapshot, higher_floor
from outreach.notifications import RecipientCounts, count_everybody, count_with_entry, snapshot_of
from outreach.people import AgeRule
from outreach.registration import Doubts, SeatLimits, SeatRules, doubts, preview_more_seats, seat_limits
from outreach.scheduling.inputs import DetailsInput
from outreach.scheduling.queries import co_hosts, host
from outreach.web import formatting

Row = tuple[int, str, str]


@dataclass(frozen=True)
class PreviewLine:
    """One line of what was and what will be."""

    label: str
    was: str
    becomes: str


def recipients(outreach_session: OutreachSession, entry: str) -> list[Row]:
    """Say who gets a letter when everybody does: (how many, who, what they get). `entry`: for those who have it in their calendar."""
    return recipient_rows(count_everybody(outreach_session), entry)


def recipient_rows(counts: RecipientCounts, entry: str) -> list[Row]:
    """Say who gets a letter: (how many, who, what they get). Nobody is left out, and who gets nothing isn't named."""
    lists_with_entry = counts.lists if counts.lists == counts.teachers else 0
    rows = [
        (counts.students, ngettext("student", "students", counts.students), entry),
        (counts.guardians, ngettext("guardian", "guardians", counts.guardians), entry),
        (
            counts.teachers,
            ngettext("teacher", "teachers", counts.teachers),
            _("the same e-mail and a list of their students") if lists_with_entry else entry,
        ),
        (counts.lists - lists_with_entry, ngettext("teacher", "teachers", counts.lists), _("a list of their students")),
        (counts.hosts, ngettext("host", "hosts", counts.hosts), entry),
        (
            counts.waiting,
            ngettext("student or guardian on the waiting list", "students and guardians on the waiting list", counts.waiting),
            _("an e-mail"),
        ),
    ]
    return [row for row in rows if row[0]]


def changes(was: SessionSnapshot, becomes: SessionSnapshot) -> list[PreviewLine]:
    """List what changes, old beside new."""
    lines = zip(_lines(was), _lines(becomes), strict=True)
    return [PreviewLine(label, before, after) for (label, before), (_same, after) in lines if before != after]


def _lines(snapshot: SessionSnapshot) -> list[tuple[str, str]]:
    place = ", ".join(part for part in (snapshot.site_name, snapshot.area_name) if part)
    return [
        (_("Title"), snapshot.title),
        (_("Host"), snapshot.host_name),
        (_("When"), formatting.when(snapshot.starts_wall, snapshot.ends_wall, snapshot.zone, snapshot.fold)),
        (_("Status"), _status(snapshot)),
        (_("Where"), place or _("Online")),
        (_("Address"), ", ".join(snapshot.address.splitlines())),
        (_("Where to meet"), snapshot.meeting_point),
        (_("Video link"), snapshot.video_url),
        (_("What to bring"), snapshot.bring),
        (_("What to wear"), snapshot.wear),
        (_("Kit for each student"), snapshot.kit),
        (
            _("If an invitation is declined"),
            _("the student is withdrawn") if snapshot.frees_declined_seats else _("the student keeps the seat until the family withdraws"),
        ),
    ]


def _status(snapshot: SessionSnapshot) -> str:
    if snapshot.decides_at is None:
        return _("Confirmed")
    return _("Provisional, to be decided by %(until)s", until=formatting.moment(snapshot.decides_at, snapshot.zone))


@dataclass(frozen=True, kw_only=True)
class Rewording:
    """What letters would show as new. The description is too long for a letter, which only says that it is new."""

    previous: SessionSnapshot
    becomes: SessionSnapshot
    has_new_description: bool


@dataclass(frozen=True, kw_only=True)
class Edit:
    """What saving would send: `news` to whoever has an entry, None where they get nothing. `recipients`: who gets what, in words.

    `doubts`: who would no longer fit.
    """

    news: Rewording | None
    recipients: tuple[Row, ...]
    doubts: Doubts

    @property
    def asks(self) -> bool:
        """Somebody would get a letter, or no longer fit, so the host is asked first."""
        return self.news is not None or bool(self.recipients or self.doubts.seats or self.doubts.passed_over)


def plan_edit(session_id: int, offer: DetailsInput, *, notifies: bool, now: datetime) -> Edit:
    """Say what saving would send; writes nothing.

    Raises Refusal when it `notifies` and nothing that letters show would change, or the session is over.
    """
    outreach_session = db.session.get(OutreachSession, session_id)
    if outreach_session is None:
        raise NotThere(_("This session no longer exists."))
    found = doubts(outreach_session, rules_after_edit(outreach_session, offer), now=now)
    if is_over(outreach_session, notifies=notifies, now=now):
        return Edit(news=None, recipients=(), doubts=found)
    news = _rewording(outreach_session, offer) if notifies else None
    rows = recipient_rows(count_with_entry(outreach_session), _("an e-mail that changes the entry; their answer is kept")) if news else []
    return Edit(news=news, recipients=(*rows, *_other_recipients(outreach_session, offer, now)), doubts=found)


def rules_after_edit(outreach_session: OutreachSession, offer: DetailsInput) -> SeatRules:
    """Give what would decide who may have a seat."""
    site_floor = outreach_session.area.age_floor if outreach_session.area else None
    age = AgeRule(day=outreach_session.starts_wall.date(), floor=higher_floor(offer.age_floor, site_floor), site_floor=site_floor)
    return SeatRules(age, SeatLimits(offer.capacity, offer.per_school_limit))


def is_over(outreach_session: OutreachSession, *, notifies: bool, now: datetime) -> bool:
    """Say whether the session is over, so that nobody gets an e-mail about it now. Raises Refusal when it `notifies` nonetheless."""
    over = outreach_session.is_published and not outreach_session.is_current(now)
    if over and notifies:
        raise Refusal(_("This session is over: nobody gets an e-mail about it now."))
    return over


def _other_recipients(outreach_session: OutreachSession, offer: DetailsInput, now: datetime) -> Iterator[Row]:
    if not outreach_session.is_published:
        return
    room = SeatLimits(offer.capacity, offer.per_school_limit)
    if room.is_more_than(seat_limits(outreach_session)):
        yield from preview_more_seats(outreach_session, room, now=now)
    its_host = host(offer.host_id, default_id=outreach_session.host_id, is_theirs=True)
    wanted = {its_host.id, *(one.id for one in co_hosts(offer.co_host_emails, but=its_host, present=outreach_session.co_hosts))}
    present = {outreach_session.host_id, *(one.id for one in outreach_session.co_hosts)}
    if come := len(wanted - present):
        yield come, ngettext("new host", "new hosts", come), _("an invitation for their calendar")
    if gone := len(present - wanted):
        yield gone, ngettext("host who leaves", "hosts who leave", gone), _("an e-mail that removes the entry from their calendar")


def _rewording(outreach_session: OutreachSession, offer: DetailsInput) -> Rewording:
    previous = snapshot_of(outreach_session)
    its_host = host(offer.host_id, default_id=outreach_session.host_id, is_theirs=True)
    becomes = replace(
        previous,
        title=offer.title,
        host_name=its_host.name,
        bring=offer.bring,
        wear=offer.wear,
        kit=offer.kit,
        frees_declined_seats=offer.frees_declined_seats,
    )
    return must_be_news(previous, becomes, has_new_description=offer.description != outreach_session.description)


def must_be_news(previous: SessionSnapshot, becomes: SessionSnapshot, *, has_new_description: bool) -> Rewording:
    """Give the news to send. Raises Refusal when there is none."""
    if previous == becomes and not has_new_description:
        raise Refusal(
            _(
                "Nothing that the e-mails show has changed: "
                "title, host, description, what to bring, wear and use, and what happens if an invitation is declined."
            ),
            field="notifies",
        )
    return Rewording(previous=previous, becomes=becomes, has_new_description=has_new_description)
