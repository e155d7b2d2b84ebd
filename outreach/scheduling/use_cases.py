"""What clinicians do with their sessions: post, edit, publish, cancel, discard. Moving has its own module."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.exc import IntegrityError

from outreach.db import db, locked, transaction
from outreach.errors import NotThere, Refusal, Refusals, Stale
from outreach.models import Area, OutreachSession, SessionState, User, higher_floor
from outreach.notifications import notify_cancelled, notify_hosts, notify_published, notify_wording, snapshot_of
from outreach.registration import SeatChoices, apply_choices, doubts, seat_rules, settle_seats
from outreach.scheduling.inputs import DetailsInput, WhenInput, WhereInput
from outreach.scheduling.preview import is_over, must_be_news, rules_after_edit
from outreach.scheduling.queries import co_hosts, host
from outreach.scheduling.schedule_rules import TZDATA_VERSION, decision_time, registration_opens_and_closes, settled_time
from outreach.scheduling.sites import find_venue
from outreach.time import SettledTime


def post(format_key: str, when: WhenInput, where: WhereInput, offer: DetailsInput, *, by_id: int, publish: bool, now: datetime) -> int:
    """Post a session as a draft, or publish it at once; give its id.

    Raises Refusal for a time that can't be meant, a place that isn't there, a host who isn't a clinician.
    """
    with placing():
        outreach_session = OutreachSession(format_key=format_key, posted_by_id=by_id, created_at=now, updated_at=now, seats_taken=0)
        _take_time_and_place(outreach_session, when, where, now=now)
        _take_offer(outreach_session, offer, host(offer.host_id, default_id=by_id))
        db.session.add(outreach_session)
        db.session.flush()
        if publish:
            _publish(outreach_session, now=now)
    return outreach_session.id


def refusals(
    when: WhenInput | None,
    where: WhereInput | None,
    offer: DetailsInput | None,
    *,
    present: OutreachSession | None,
    by_id: int,
    now: datetime,
) -> Refusals:
    """Give every reason why what was typed can't be, each with its field. `present`: the session that is edited or moved.

    Reads only. A part that can't be read yet is None: what depends on it isn't looked at.
    """
    found = Refusals()
    venue = found.unless(partial(find_venue, where)) if where else None
    zone = venue.zone if venue else where.zone if where else present.zone if present else ""
    time = _time_or_refusals(found, when, zone, now=now) if when and zone else None
    starts_at = time.starts_at if time else None if where or present is None else present.starts_at
    if when and starts_at:
        kept = present.decides_at if present else None
        found.unless(partial(decision_time, when.decision, zone=zone, starts_at=starts_at, now=now, kept=kept))
    if offer is None:
        return found
    if starts_at:
        found.unless(partial(registration_opens_and_closes, offer.opens_wall, offer.closes_wall, zone=zone, starts_at=starts_at))
    if present and present.is_published and offer.capacity:
        found.unless(partial(_check_seats, present, offer.capacity, now=now))
    its_host = found.unless(partial(host, offer.host_id, default_id=present.host_id if present else by_id))
    found.unless(partial(co_hosts, offer.co_host_emails, but=its_host))
    return found


def _time_or_refusals(found: Refusals, when: WhenInput, zone: str, *, now: datetime) -> SettledTime | None:
    """Look at day and end apart: one that is wrong hides the other."""
    any_end, any_day = replace(when, end=when.start, ends_next_day=True), replace(when, day=now.date() + timedelta(days=1))
    alone, whole, other_day = Refusals(), Refusals(), Refusals()
    time = alone.unless(partial(settled_time, when, zone, now=now))
    if time is None:
        time = whole.unless(partial(settled_time, any_end, zone, now=now))
        other_day.unless(partial(settled_time, any_day, zone, now=now))
    shown = [*alone, *(one for one in whole if one.field == "day"), *(one for one in other_day if one.field == "end")]
    found.extend({one.field: one for one in shown}.values())
    return time


def edit_draft(
    session_id: int, when: WhenInput, where: WhereInput, offer: DetailsInput, *, seen: datetime, publish: bool, now: datetime
) -> None:
    """Change anything in a draft, and publish it if asked. Nobody else knows of it yet.

    `seen`: the session's `updated_at` when the form was opened. Raises Stale when it has changed since, and Refusal as `post`.
    """
    with placing():
        outreach_session = locked_session(session_id, seen)
        if outreach_session.state != SessionState.DRAFT:
            raise Stale(_("It was published in the meantime. To change its time or site, move it."))
        _take_time_and_place(outreach_session, when, where, now=now)
        _take_offer(outreach_session, offer, host(offer.host_id, default_id=outreach_session.host_id, is_theirs=True))
        outreach_session.updated_at = now
        if publish:
            db.session.flush()
            _publish(outreach_session, now=now)


def edit(
    session_id: int, offer: DetailsInput, *, seen: datetime, now: datetime, notifies: bool = False, choices: SeatChoices | None = None
) -> None:
    """Change a published session, but for its time and place. Nobody gets a mail for a change of words unless it `notifies`;
    more seats go to those who wait, and hosts who come or go are told. `choices`: who is kept and who is released of those who no
    longer fit.

    Raises Stale, also where it wasn't decided about somebody, and Refusal: cancelled, nothing to tell, nobody to tell as it is
    over, choices that can't be, fewer seats than were taken when it began.
    """
    with transaction():
        outreach_session = locked_session(session_id, seen)
        if not outreach_session.is_published:
            raise Refusal(_("This session was cancelled. Post it again instead."))
        over = is_over(outreach_session, notifies=notifies, now=now)
        hosts, rules = _hosts(outreach_session), seat_rules(outreach_session)
        _check_seats(outreach_session, offer.capacity, now=now)
        found = doubts(outreach_session, rules_after_edit(outreach_session, offer), now=now)
        apply_choices(outreach_session, found, choices, now=now)
        previous, description = snapshot_of(outreach_session), outreach_session.description
        _take_offer(outreach_session, offer, host(offer.host_id, default_id=outreach_session.host_id, is_theirs=True))
        outreach_session.updated_at = now
        db.session.flush()
        if notifies:
            is_new = description != outreach_session.description
            news = must_be_news(previous, snapshot_of(outreach_session), has_new_description=is_new)
            notify_wording(outreach_session, previous=previous, has_new_description=news.has_new_description, now=now)
        if _hosts(outreach_session) != hosts and not over:
            notify_hosts(outreach_session, now=now)
        if seat_rules(outreach_session) != rules:
            settle_seats(outreach_session, now=now)


def publish(session_id: int, *, now: datetime) -> None:
    """Show a draft to everybody and put it into its hosts' calendars.

    Raises Refusal when it has begun, was published before, or its host's account is closed.
    """
    with transaction():
        outreach_session = locked_session(session_id)
        _publish(outreach_session, now=now)


def cancel(session_id: int, reason: str, *, now: datetime) -> None:
    """Cancel a published session and tell everybody why. Raises Refusal when it is over, or was cancelled before."""
    with transaction():
        outreach_session = locked_session(session_id)
        if not outreach_session.is_published:
            raise Refusal(_("Only a published session can be cancelled."))
        if outreach_session.ends_at <= now:
            raise Refusal(_("This session is over."))
        outreach_session.cancel(reason, now=now)
        notify_cancelled(outreach_session, now=now)


def discard(session_id: int) -> None:
    """Throw a draft away. Raises Refusal when it is no longer a draft."""
    with transaction():
        outreach_session = locked_session(session_id)
        if outreach_session.state != SessionState.DRAFT:
            raise Refusal(_("It was published in the meantime, so you can cancel it but not discard it."))
        db.session.delete(outreach_session)


@contextmanager
def placing() -> Iterator[None]:
    """Open a transaction in which a place may be made. Raises Refusal where a rival has just made the same one."""
    try:
        with transaction():
            yield
    except IntegrityError as rival:
        if not any(table in str(rival.orig) for table in ("site", "area")):
            raise
        raise Refusal(_("Somebody else has just added this site. Save again: it is in the list now."), field="new_site") from None


def locked_session(session_id: int, seen: datetime | None = None) -> OutreachSession:
    """Lock a session and read it as it is now; joins the caller's transaction.

    Raises NotThere, and Stale when it isn't the one that was `seen`.
    """
    outreach_session = locked(OutreachSession, session_id)
    if outreach_session is None:
        raise NotThere(_("This session no longer exists."))
    if seen is not None and outreach_session.updated_at != seen:
        raise Stale(_("Somebody else changed this session while you were editing it. What you typed is still here."))
    if outreach_session.area_id is not None:
        db.session.get(Area, outreach_session.area_id, populate_existing=True)  # its age floor may have changed
    return outreach_session


def _publish(outreach_session: OutreachSession, *, now: datetime) -> None:
    if outreach_session.state != SessionState.DRAFT:
        raise Refusal(_("This session is already published."))
    if outreach_session.starts_at <= now:
        raise Refusal(_("It is in the past. Choose a later time first."), field="day")
    if outreach_session.decides_at is not None and outreach_session.decides_at <= now:
        raise Refusal(_("The decision time is in the past. Choose a later one first."), field="decides")
    db.session.flush()
    db.session.refresh(outreach_session, ["has_host"])
    if not outreach_session.has_host:
        raise Refusal(_("Its host no longer has an account here. Choose another host first."), field="host")
    outreach_session.publish(now=now)
    notify_published(outreach_session, now=now)


def _take_time_and_place(outreach_session: OutreachSession, when: WhenInput, where: WhereInput, *, now: datetime) -> None:
    venue = find_venue(where)
    time = settled_time(when, venue.zone, now=now)
    decides_at = decision_time(when.decision, zone=venue.zone, starts_at=time.starts_at, now=now, kept=outreach_session.decides_at)
    venue.take(outreach_session)
    outreach_session.set_time(
        starts_wall=time.starts_wall, ends_wall=time.ends_wall, zone=time.zone, fold=time.fold, tzdata_version=TZDATA_VERSION
    )
    outreach_session.leave_open_until(decides_at)


def _take_offer(outreach_session: OutreachSession, offer: DetailsInput, its_host: User) -> None:
    opens_at, closes_at = registration_opens_and_closes(
        offer.opens_wall, offer.closes_wall, zone=outreach_session.zone, starts_at=outreach_session.starts_at
    )
    outreach_session.opens_at, outreach_session.closes_at = opens_at, closes_at
    for name in ("title", "description", "specialty", "capacity", "per_school_limit", "bring", "wear", "kit", "day_phone"):
        setattr(outreach_session, name, getattr(offer, name))
    outreach_session.seats_over = max(outreach_session.seats_taken - offer.capacity, 0)
    outreach_session.frees_declined_seats = offer.frees_declined_seats
    outreach_session.reminder_leads = list(offer.reminder_leads)
    area = outreach_session.area
    outreach_session.age_floor = higher_floor(offer.age_floor, area.age_floor if area else None)
    outreach_session.host = its_host
    outreach_session.co_hosts = co_hosts(offer.co_host_emails, but=its_host, present=outreach_session.co_hosts)


def _check_seats(outreach_session: OutreachSession, capacity: int, *, now: datetime) -> None:
    """Raise Refusal for fewer seats than are taken in a session that has begun: nobody can be released any more."""
    taken = outreach_session.seats_taken
    if capacity < min(taken, outreach_session.capacity) and not outreach_session.is_to_come(now):
        raise Refusal(
            ngettext(
                "%(num)s seat is taken, and the session has begun. Keep at least that one.",
                "%(num)s seats are taken, and the session has begun. Keep at least that many.",
                taken,
            ),
            field="capacity",
        )


def _hosts(outreach_session: OutreachSession) -> set[int]:
    return {outreach_session.host.id, *(co_host.id for co_host in outreach_session.co_hosts)}
