"""The second of three steps: decide what becomes of invitations, and which letters say so.

Pure. The reasons there should be are compared with those there are, and the difference becomes letters: REQUEST to who is new,
an update to whose reasons changed, CANCEL to whose last reason ended.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from outreach.models import HAVE_AN_ENTRY, Answer, Cause, ReasonKind, RegistrationState, User
from outreach.notifications.calendar_letters import calendar_letter
from outreach.notifications.facts import Facts, InvitationRecord, NamedReason, StandingReason
from outreach.notifications.plan import Change, Plan, PlannedLetter, Revision
from outreach.people import Participant, recipients


def wanted_by_families(concerned: Collection[Participant]) -> dict[StandingReason, NamedReason]:
    """Give the reasons these participants should have: one for each mailbox of the family, as long as they have a seat."""
    reasons = (
        (one, StandingReason(recipient.mailbox_id, recipient.kind, registration_id=one.registration_id))
        for one in concerned
        if one.state in HAVE_AN_ENTRY
        for recipient in recipients(one)
    )
    return {reason: _named(reason, one) for one, reason in reasons}


def _named(reason: StandingReason, one: Participant) -> NamedReason:
    return NamedReason(
        reason=reason,
        name=one.given_name,
        called=one.preferred_name,
        zone=one.zone,
        is_held=one.state is RegistrationState.PENDING,
        held_for=one.held_for,
        held_until=one.held_until,
    )


def wanted_by_hosts(hosts: Collection[User]) -> dict[StandingReason, NamedReason]:
    """Give each host and co-host their part."""
    reasons = ((host, StandingReason(host.mailbox_id, ReasonKind.HOST, user_id=host.id)) for host in hosts)
    return {reason: NamedReason(reason=reason, name=host.given_name, zone=host.zone) for host, reason in reasons}


def wanted_by_teachers(facts: Facts) -> dict[StandingReason, NamedReason]:
    """Give a teacher the entry as long as one of their students has a seat."""
    reasons = (
        (teacher, StandingReason(teacher.mailbox_id, ReasonKind.TEACHER, user_id=key))
        for key, teacher in facts.teachers.items()
        if facts.seated_by_teacher.get(key)
    )
    return {reason: NamedReason(reason=reason, name=teacher.name, zone=teacher.zone) for teacher, reason in reasons}


def reconcile(
    facts: Facts,
    change: Change,
    wanted: Mapping[StandingReason, NamedReason],
    standing: Mapping[StandingReason, NamedReason],
    causes: Mapping[int, Cause],
    *,
    asks_again: bool = False,
) -> Plan:
    """Let reasons begin and end: one revision and one letter for each mailbox that has a cause.

    `causes`: what happened, by mailbox, for every mailbox whose reasons differ, and for those that get a revision all the same.
    """
    added = [named for reason, named in wanted.items() if reason not in standing]
    ended = [named for reason, named in standing.items() if reason not in wanted]
    before = sorted((facts.invitations[key] for key in causes), key=_order)
    after = [_after(one, added, ended, asks_again=asks_again) for one in before]
    letters = [
        calendar_letter(facts, change, new, old, causes[new.mailbox_id], left=_registrations(ended, new.mailbox_id))
        for old, new in zip(before, after, strict=True)
    ]
    return Plan(
        new_invitations=tuple(one for one in after if one.invitation_id is None),
        new_reasons=tuple(sorted((named.reason for named in added), key=str)),
        ended_reasons=tuple(named.row_id for named in ended if named.row_id is not None),
        revisions=_revisions(after, asking=[one.invitation_id for one in before if asks_again or not one.is_live]),
        dropped=_unsent_of(facts, before),
        letters=_written(letters),
    )


def revise(facts: Facts, change: Change, cause: Cause, *, asks_again: bool, keeps_yes: bool = False, but: Collection[int] = ()) -> Plan:
    """Give every entry in a calendar a new revision; a cancellation ends them.

    `asks_again`: what people answered to has changed, so answers start afresh, in the mail as here (RFC 5546 2.1.4); else each
    keeps the last one. `keeps_yes`: who accepted isn't asked again. `but`: mailboxes that have their letter.
    """
    live = sorted((one for one in facts.invitations.values() if one.is_live and one.mailbox_id not in but), key=_order)
    asking = [one.invitation_id for one in live if asks_again and not (keeps_yes and one.answer == Answer.ACCEPTED.value)]
    revised = [_revised(one, is_live=cause is not Cause.CANCELLED, asks_again=one.invitation_id in asking) for one in live]
    return Plan(
        revisions=_revisions(revised, asking=asking),
        dropped=_unsent_of(facts, live),
        letters=_written([calendar_letter(facts, change, one, one, cause) for one in revised]),
    )


def resend(facts: Facts, change: Change, cause: Cause, *, replaces: bool, as_update: bool = False) -> Plan:
    """Send invitations as they are: the same SEQUENCE with a newer DTSTAMP (RFC 5546 2.1.5), or `as_update` one more.

    `replaces`: what hasn't left of them is dropped, and its news carried on.
    """
    these = sorted(facts.invitations.values(), key=_order)
    known = facts if replaces else replace(facts, unsent=())
    sent = [_revised(one, is_live=one.is_live, asks_again=False) if as_update else one for one in these]
    return Plan(
        revisions=_revisions(sent) if as_update else (),
        dropped=_unsent_of(known, these),
        letters=_written([calendar_letter(known, change, one, one, cause) for one in sent]),
    )


def _order(one: InvitationRecord) -> tuple[bool, int]:
    return one.invitation_id is None, one.invitation_id or one.mailbox_id


def _after(old: InvitationRecord, added: Collection[NamedReason], ended: Collection[NamedReason], *, asks_again: bool) -> InvitationRecord:
    """Give an invitation with its new reasons; who is invited again is asked again."""
    new = old.with_reasons(
        [named for named in added if named.reason.mailbox_id == old.mailbox_id],
        {named.reason for named in ended if named.reason.mailbox_id == old.mailbox_id},
    )
    if old.invitation_id is None:
        return replace(new, is_live=True)
    return _revised(new, is_live=bool(new.reasons), asks_again=asks_again or not old.is_live)


def _revised(one: InvitationRecord, *, is_live: bool, asks_again: bool) -> InvitationRecord:
    answer = Answer.NEEDS_ACTION.value if asks_again else one.answer
    return replace(one, sequence=one.sequence + 1, is_live=is_live, answer=answer)


def _revisions(these: Collection[InvitationRecord], *, asking: Collection[int | None] = ()) -> tuple[Revision, ...]:
    return tuple(
        Revision(invitation_id=one.invitation_id, is_live=one.is_live, asks_again=one.invitation_id in asking)
        for one in these
        if one.invitation_id is not None
    )


def _unsent_of(facts: Facts, these: Collection[InvitationRecord]) -> frozenset[int]:
    ids = {one.invitation_id for one in these}
    return frozenset(letter.letter_id for letter in facts.unsent if letter.belongs_to_entry and letter.invitation_id in ids)


def _registrations(ended: Collection[NamedReason], mailbox_id: int) -> list[int]:
    reasons = (named.reason for named in ended if named.reason.mailbox_id == mailbox_id)
    return [reason.registration_id for reason in reasons if reason.registration_id is not None]


def _written(letters: Collection[PlannedLetter | None]) -> tuple[PlannedLetter, ...]:
    return tuple(letter for letter in letters if letter is not None)
