"""Somebody else answers for students from now on: a teacher's account was closed or opened again.

Joins the caller's transaction, never commits. The caller holds the lock on the session's row.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy import exists

from outreach.models import Cause, Invitation, InvitationReason, OutreachSession, ReasonKind
from outreach.notifications.decide import reconcile, wanted_by_teachers
from outreach.notifications.notices import digests
from outreach.notifications.participants import seated_by_teacher, staff_contacts
from outreach.notifications.plan import Change
from outreach.notifications.read import read_registrations
from outreach.notifications.write import write


def notify_who_answers(outreach_session: OutreachSession, registration_ids: Collection[int], *, now: datetime) -> None:
    """Tell whoever answers for these registrations now which they are, and bring the teachers' entries in line."""
    has_teacher = exists().where(InvitationReason.invitation_id == Invitation.id, InvitationReason.kind == ReasonKind.TEACHER)
    facts = read_registrations(outreach_session, registration_ids, has_teacher, now=now)
    standing = {reason: named for reason, named in facts.standing.items() if reason.kind is ReasonKind.TEACHER}
    holders = {reason.user_id for reason in standing if reason.user_id is not None} | facts.teachers.keys()
    seated = seated_by_teacher(outreach_session.id, holders)
    wanted = wanted_by_teachers(replace(facts, teachers=staff_contacts(holders), seated_by_teacher=seated))
    causes = {reason.mailbox_id: Cause.HANDED_OVER for reason in wanted.keys() ^ standing.keys()}
    told = digests(facts, Change(), dict.fromkeys(registration_ids, Cause.HANDED_OVER))
    write(reconcile(facts, Change(), wanted, standing, causes) + told, facts)
