"""Rules and reads about persons that every feature shares: contacts, who may see which name, mailboxes."""

from outreach.people.contacts import ContactCounts, Participant, contact_counts, recipients, teacher_stands_in
from outreach.people.mail_domains import is_there, schools_of
from outreach.people.mailboxes import mailbox_of, mailboxes_of, normal_address
from outreach.people.name_privacy import for_family, for_host, for_school

__all__ = [
    "ContactCounts",
    "Participant",
    "contact_counts",
    "for_family",
    "for_host",
    "for_school",
    "is_there",
    "mailbox_of",
    "mailboxes_of",
    "normal_address",
    "recipients",
    "schools_of",
    "teacher_stands_in",
]
