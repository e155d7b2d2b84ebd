"""A domain that turns our letters away: who of a school is concerned, and what its IT must know.

Reads only.
"""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from sqlalchemy import func, select

from outreach import policy
from outreach.db import db
from outreach.letters import domains_to_allow, senders_to_allow
from outreach.models import BlockedDomain, Mailbox, Student, User
from outreach.people import is_there
from outreach.schools.queries import kept
from outreach.schools.student_lines import StudentLine
from outreach.settings import Settings


def students_at(domain: str, user: User) -> int:
    """Count the students a user keeps who have their own address there."""
    theirs = select(func.count(Student.id)).join(Mailbox, Mailbox.id == Student.mailbox_id)
    return db.session.scalar(theirs.where(is_there(domain), kept(Student.school_id, user))) or 0


def own_domains(lines: Iterable[StudentLine], user: User) -> dict[str, int]:
    """Count, by domain, those of these students whose letters are refused, where this user can have our letters accepted."""
    counted: dict[str, int] = {}
    for line in lines:
        for domain in {contact.domain for contact in line.reach.blocked}:
            counted[domain] = counted.get(domain, 0) + 1
    return {domain: number for domain, number in counted.items() if policy.may_unblock_domain(user, BlockedDomain(domain=domain))}


def instructions_for_it(blocked: BlockedDomain, settings: Settings) -> str:
    """Give the text for whoever looks after a school's mail: complete, with nobody's name."""
    return "\n".join(
        (
            _("Please let e-mails from %(address)s reach %(domain)s.", address=settings.base_url, domain=blocked.domain),
            "",
            _("They invite our students to sessions with clinicians. Each is written for one person; none is advertising."),
            _("Our mail server blocks them with this answer:"),
            "",
            "    " + (blocked.words or _("(it gave no reason)")),
            "",
            _("To allow, whichever your system asks for:"),
            *(
                _("- sender address: %(sender)s (the part at * is different in each e-mail)", sender=one)
                for one in senders_to_allow(settings)
            ),
            *(_("- sender domain: %(domain)s", domain=one) for one in domains_to_allow(settings)),
            *([_("- DKIM signature: d=%(domain)s", domain=domains_to_allow(settings)[0])] if settings.dkim_selector else []),
            _("- the attachment invite.ics (application/ics) and the part text/calendar: they are the calendar entry"),
        )
    )
