"""Decides who gets which letter and calendar entry."""

from outreach.notifications import reminders
from outreach.notifications.decision_requests import ask_for_decisions, ask_hosts_about_returning, ask_who_keeps_a_seat
from outreach.notifications.facts import IN_LINE, InvitationRecord, StaffContact
from outreach.notifications.locks import lock_sessions_and_students, lock_students
from outreach.notifications.notify import (
    notify_addresses_changed,
    notify_cancelled,
    notify_hosts,
    notify_moved,
    notify_published,
    notify_registrations,
    notify_status,
    notify_waiting,
    notify_who_answers,
    notify_wording,
    notify_zone,
    resend_as_update,
    resend_invitations,
    resend_replacing,
)
from outreach.notifications.participants import (
    read_future_participants,
    read_participants,
    seated_by_teacher,
    staff_contacts,
    waiting_list_positions,
)
from outreach.notifications.read import invitation_records, snapshot_of
from outreach.notifications.recipient_counts import RecipientCounts, count_everybody, count_with_entry
from outreach.notifications.rosters import plan_rosters
from outreach.notifications.undoing import notify_undone

__all__ = [
    "IN_LINE",
    "InvitationRecord",
    "RecipientCounts",
    "StaffContact",
    "ask_for_decisions",
    "ask_hosts_about_returning",
    "ask_who_keeps_a_seat",
    "count_everybody",
    "count_with_entry",
    "invitation_records",
    "lock_sessions_and_students",
    "lock_students",
    "notify_addresses_changed",
    "notify_cancelled",
    "notify_hosts",
    "notify_moved",
    "notify_published",
    "notify_registrations",
    "notify_status",
    "notify_undone",
    "notify_waiting",
    "notify_who_answers",
    "notify_wording",
    "notify_zone",
    "plan_rosters",
    "read_future_participants",
    "read_participants",
    "reminders",
    "resend_as_update",
    "resend_invitations",
    "resend_replacing",
    "seated_by_teacher",
    "snapshot_of",
    "staff_contacts",
    "waiting_list_positions",
]
