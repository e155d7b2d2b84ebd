"""Rules and reads about persons that every feature shares: contacts, who may see which name, mailboxes."""

from outreach.folding import name_key
from outreach.people.ages import AgeRule, age_rule
from outreach.people.alike import NamedPlace, alike, is_same
from outreach.people.capacities import LISTS, Capacities, Relative, named, remaining
from outreach.people.contacts import (
    ContactCounts,
    Participant,
    contact_counts,
    for_family,
    for_school,
    only_at,
    recipients,
    stands_in_for_whom,
    teacher_stands_in,
)
from outreach.people.guardians import noting_guardians
from outreach.people.holds import BEFORE_A_SEAT, HoldReason, Settler, hold_reasons, missing_words, passed_over, reasons_shown, settlers
from outreach.people.mail_domains import is_there, schools_of
from outreach.people.mailboxes import mailbox_of, mailboxes_of
from outreach.people.namesakes import host_name, host_names, name_for_school, school_names, told_apart
from outreach.people.normal_form import normal_address, typed_address, typed_addresses
from outreach.people.queries import (
    IS_UNDELIVERABLE,
    answering_teacher,
    contacts_of_students,
    for_host,
    guardian_mailboxes,
    open_coordinators,
    open_hosts,
    responsible_hosts,
    students_of_mailboxes,
    works_at,
)
from outreach.people.same_child import registered_elsewhere

__all__ = [
    "BEFORE_A_SEAT",
    "IS_UNDELIVERABLE",
    "LISTS",
    "AgeRule",
    "Capacities",
    "ContactCounts",
    "HoldReason",
    "NamedPlace",
    "Participant",
    "Relative",
    "Settler",
    "age_rule",
    "alike",
    "answering_teacher",
    "contact_counts",
    "contacts_of_students",
    "for_family",
    "for_host",
    "for_school",
    "guardian_mailboxes",
    "hold_reasons",
    "host_name",
    "host_names",
    "is_same",
    "is_there",
    "mailbox_of",
    "mailboxes_of",
    "missing_words",
    "name_for_school",
    "name_key",
    "named",
    "normal_address",
    "noting_guardians",
    "only_at",
    "open_coordinators",
    "open_hosts",
    "passed_over",
    "reasons_shown",
    "recipients",
    "registered_elsewhere",
    "remaining",
    "responsible_hosts",
    "school_names",
    "schools_of",
    "settlers",
    "stands_in_for_whom",
    "students_of_mailboxes",
    "teacher_stands_in",
    "told_apart",
    "typed_address",
    "typed_addresses",
    "works_at",
]
