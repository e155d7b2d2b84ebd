"""Who no longer fits once a rule is tightened, what may be decided for each of them, and what that does.

Reads only, but for `apply_choices`, which joins the caller's transaction and never commits. The caller holds the lock on the session.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from outreach.db import db
from outreach.errors import Refusal, Stale
from outreach.models import ACTIVE, HAVE_AN_ENTRY, SEATED, Cause, OutreachSession, Registration, RegistrationState, RegistrationStep
from outreach.notifications import IN_LINE, notify_registrations
from outreach.people import AgeRule, age_rule, host_names
from outreach.registration.seats import SeatLimits, seat_limits, take_back_seats
from outreach.registration.steps import write_steps

RELEASED_FOR, OVER_BECAUSE = "released_for", "over_because"


@dataclass(frozen=True)
class SeatRules:
    """What decides who may have a seat: as it is, or as it would be after a change."""

    age: AgeRule
    limits: SeatLimits


@dataclass(frozen=True, kw_only=True)
class DoubtfulSeat:
    """A registration that may not fit any more, as a host may know it: given name and school.

    `why`: what stands in the way of this student; "": nothing, but there are too few seats. `is_preselected`: they are released
    unless somebody says otherwise. `needs_coordinator`: only a coordinator may keep them.
    """

    registration_id: int
    given_name: str
    school_id: int
    school_name: str
    state: RegistrationState
    age: int | None
    why: str = ""
    needs_coordinator: bool = False
    is_preselected: bool = False


@dataclass(frozen=True, kw_only=True)
class Doubts:
    """Everybody who has to be kept or released before the age rule and the limits can be these.

    `capacity`, `school_limit`: the new one where it is lower than before and too low for all of these and the others; None: it lets
    everybody stay. `others`: how many more have a seat, by school. `passed_over`: those who wait, or were asked, keep their position
    and get no seat while they don't fit.
    """

    rule: AgeRule
    seats: tuple[DoubtfulSeat, ...] = ()
    passed_over: tuple[DoubtfulSeat, ...] = ()
    others: Mapping[int, int] = field(default_factory=dict)
    capacity: int | None = None
    school_limit: int | None = None

    @property
    def ids(self) -> set[int]:
        """Give the registrations somebody must decide about."""
        return {one.registration_id for one in self.seats}

    def over(self, kept: Collection[int]) -> int:
        """Say how many more would have a seat than there are, or than their school may have, if these were kept."""
        by_school = Counter(dict(self.others))
        by_school.update(one.school_id for one in self.seats if one.registration_id in kept)
        limit, capacity = self.school_limit, self.capacity
        beyond_limit = 0 if limit is None else sum(max(number - limit, 0) for number in by_school.values())
        return max(beyond_limit, 0 if capacity is None else by_school.total() - capacity)


@dataclass(frozen=True, kw_only=True)
class SeatChoices:
    """What somebody decided: whom they keep, with the reason where one is needed, and whom they release.

    `over_because`: why more may come than there are seats; `released_for`: what those released are told.
    """

    by_id: int
    is_coordinator: bool = False
    kept: Mapping[int, str] = field(default_factory=dict)
    released: frozenset[int] = frozenset()
    over_because: str = ""
    released_for: str = ""


class NobodyDecided(Stale):
    """Somebody no longer fits of whom it wasn't decided whether they stay."""


class ChoicesRefused(Refusal):
    """These choices can't be: `sentences` says why, by field."""

    def __init__(self, sentences: Mapping[str, str]) -> None:
        """Keep all of them, so that a page can show all at once."""
        super().__init__(next(iter(sentences.values())), field=next(iter(sentences)))
        self.sentences = sentences


def seat_rules(outreach_session: OutreachSession) -> SeatRules:
    """Give the rules of a session as it is."""
    return SeatRules(age_rule(outreach_session), seat_limits(outreach_session))


def doubts(outreach_session: OutreachSession, after: SeatRules, *, now: datetime) -> Doubts:
    """Say who fits now and won't once the rules are these. A session that has begun stays as it is."""
    before = seat_rules(outreach_session)
    if not outreach_session.is_to_come(now) or before == after:
        return Doubts(rule=after.age)
    rows = _registrations(outreach_session)
    names = host_names(Registration.id.in_([one.id for one in rows]))
    ages = [_doubtful(one, after.age, names) for one in rows if before.age.allows(one) and not after.age.allows(one)]
    gone = {one.registration_id for one in ages}
    seated = [_doubtful(one, after.age, names) for one in _last_seated_first(rows) if one.state in SEATED and one.id not in gone]
    too_young = [one for one in ages if one.state in HAVE_AN_ENTRY]
    short = _short(seated, *_too_low(before.limits, after.limits, seated))
    listed = {one.registration_id for one in short}
    capacity, school_limit = _too_low(before.limits, after.limits, [*too_young, *seated])
    return Doubts(
        rule=after.age,
        seats=(*too_young, *short),
        passed_over=tuple(one for one in ages if one.state in IN_LINE),
        others=Counter(one.school_id for one in seated if one.registration_id not in listed),
        capacity=capacity,
        school_limit=school_limit,
    )


def held_doubts(outreach_session: OutreachSession) -> Doubts:
    """Say whose seat is held because they no longer fit: nobody saw a list when their birth date or a site's rule changed."""
    rule = age_rule(outreach_session)
    registrations = _registrations(outreach_session)
    names = host_names(Registration.id.in_([one.id for one in registrations]))
    rows = [_doubtful(one, rule, names) for one in registrations if not rule.allows(one)]
    return Doubts(
        rule=rule,
        seats=tuple(one for one in rows if one.state is RegistrationState.PENDING),
        passed_over=tuple(one for one in rows if one.state in IN_LINE),
    )


def _too_low(before: SeatLimits, after: SeatLimits, seated: Sequence[DoubtfulSeat]) -> tuple[int | None, int | None]:
    """Give the new capacity and the new limit for a school, each only where it is lower than before and too low for these."""
    by_school = Counter(one.school_id for one in seated)
    most = max(by_school.values(), default=0)
    return _if_too_low(before.capacity, after.capacity, len(seated)), _if_too_low(before.per_school_limit, after.per_school_limit, most)


def _if_too_low(before: int | None, after: int | None, taken: int) -> int | None:
    is_lower = after is not None and (before is None or after < before)
    return after if is_lower and after is not None and after < taken else None


def _short(seated: Sequence[DoubtfulSeat], capacity: int | None, school_limit: int | None) -> list[DoubtfulSeat]:
    """Give those of whom some must be released, those who were seated last chosen beforehand and in front."""
    by_school, left, chosen = Counter(one.school_id for one in seated), len(seated), set[int]()
    full = {key for key, number in by_school.items() if school_limit is not None and number > school_limit}
    for one in seated:
        if school_limit is not None and by_school[one.school_id] > school_limit:
            by_school[one.school_id] -= 1
            left -= 1
            chosen.add(one.registration_id)
    for one in seated:
        if capacity is not None and left > capacity and one.registration_id not in chosen:
            left -= 1
            chosen.add(one.registration_id)
    listed = [replace(one, is_preselected=one.registration_id in chosen) for one in seated if capacity is not None or one.school_id in full]
    return sorted(listed, key=lambda one: not one.is_preselected)


def apply_choices(outreach_session: OutreachSession, found: Doubts, choices: SeatChoices | None, *, now: datetime) -> None:
    """Keep and release as somebody decided, and tell those released. Raises NobodyDecided and ChoicesRefused.

    The rules themselves, and the free seats that follow, are the caller's.
    """
    if choices is None and not found.seats:
        return
    if choices is None or found.ids != choices.kept.keys() | choices.released:
        raise NobodyDecided(_("Who no longer fits has changed since you opened the page. Check the list again."))
    if sentences := dict(refusals(found, choices)):
        raise ChoicesRefused(sentences)
    for one in found.seats:
        if one.registration_id in choices.kept:
            _keep(one, found, choices, now=now)
    release(outreach_session, choices.released, by_id=choices.by_id, reason=choices.released_for, now=now)


def refusals(found: Doubts, choices: SeatChoices) -> Iterator[tuple[str, str]]:
    """Say what is missing, or can't be, each beside its field."""
    for one in found.seats:
        if one.registration_id not in choices.kept or not one.why:
            continue
        if one.needs_coordinator and not choices.is_coordinator:
            sentence = _("This is the site's own rule. Only a coordinator can keep %(name)s.", name=one.given_name)
            yield fate_field(one.registration_id), sentence
        elif not choices.kept[one.registration_id].strip():
            yield because_field(one.registration_id), _("Say why %(name)s may keep the seat.", name=one.given_name)
    if choices.released and not choices.released_for.strip():
        yield RELEASED_FOR, _("Say why. The families and teachers of those you release will read it.")
    over = found.over(choices.kept.keys())
    if over and not choices.over_because.strip():
        yield (
            OVER_BECAUSE,
            ngettext(
                "That is %(num)s seat too many. Release one more student, or say why more may come.",
                "That is %(num)s seats too many. Release that many more, or say why more may come.",
                over,
            ),
        )


def fate_field(registration_id: int) -> str:
    """Give the name of the field that says whether somebody stays."""
    return f"fate_{registration_id}"


def because_field(registration_id: int) -> str:
    """Give the name of the field that says why."""
    return f"because_{registration_id}"


def release(outreach_session: OutreachSession, registration_ids: Collection[int], *, by_id: int, reason: str, now: datetime) -> None:
    """Release seats and say why; what was only on offer isn't any more, and the student waits as if never asked."""
    offered = select(Registration.id).where(Registration.id.in_(registration_ids), Registration.state == RegistrationState.OFFERED)
    back = set(db.session.scalars(offered))
    gone = [key for key in sorted(registration_ids) if key not in back]
    take_back_seats(outreach_session, gone, RegistrationState.RELEASED, now=now, by_id=by_id, note=reason)
    take_back_seats(outreach_session, sorted(back), RegistrationState.WAITING, now=now, by_id=by_id, note=reason)
    db.session.execute(update(Registration).where(Registration.id.in_(back)).values(offered_until=None))
    causes = dict.fromkeys([*gone, *sorted(back)], Cause.RELEASED)
    notify_registrations(outreach_session, causes, now=now, by_id=by_id, reason=reason)


def _keep(one: DoubtfulSeat, found: Doubts, choices: SeatChoices, *, now: datetime) -> None:
    """Note why a seat stays: of who is too young with the seat itself; of who is one too many in its history."""
    because = choices.kept[one.registration_id] if one.why else choices.over_because if one.is_preselected else ""
    if not because:
        return
    write_steps([one.registration_id], one.state, now=now, by_id=choices.by_id, note=because)
    if one.why:
        kept = {"kept_because": because, "kept_floor": found.rule.floor, "kept_age": one.age}
        if choices.is_coordinator:
            kept["kept_site_floor"] = found.rule.site_floor
        db.session.execute(update(Registration).where(Registration.id == one.registration_id).values(**kept))


def _registrations(outreach_session: OutreachSession) -> Sequence[Registration]:
    active = select(Registration).where(Registration.session_id == outreach_session.id, Registration.state.in_(ACTIVE))
    people = joinedload(Registration.student), joinedload(Registration.school)
    in_order = active.options(*people).order_by(Registration.queued_at, Registration.id)
    return db.session.scalars(in_order.execution_options(populate_existing=True)).all()


def _last_seated_first(rows: Sequence[Registration]) -> list[Registration]:
    """Put who was given a seat last in front; a seat on offer was given last of all."""
    steps = db.session.execute(
        select(RegistrationStep.registration_id, RegistrationStep.id, RegistrationStep.state)
        .where(RegistrationStep.registration_id.in_([one.id for one in rows]))
        .order_by(RegistrationStep.id)
    )
    seated_by: dict[int, int] = {}
    for key, step, state in steps:
        if state in SEATED:
            seated_by.setdefault(key, step)
        else:
            seated_by.pop(key, None)

    def when_seated(one: Registration) -> tuple[bool, int, datetime, int]:
        return one.state is RegistrationState.OFFERED, seated_by.get(one.id, 0), one.queued_at, one.id

    return sorted(rows, key=when_seated, reverse=True)


def _doubtful(registration: Registration, rule: AgeRule, names: Mapping[int, str]) -> DoubtfulSeat:
    name = names[registration.id]
    return DoubtfulSeat(
        registration_id=registration.id,
        given_name=name,
        school_id=registration.school_id,
        school_name=registration.school.name,
        state=registration.state,
        age=registration.student.age_on(rule.day),
        why=rule.why_not(registration, name) or "",
        needs_coordinator=rule.needs_coordinator(registration),
    )
