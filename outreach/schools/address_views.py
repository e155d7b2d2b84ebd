"""What teachers do about letters that don't arrive: say that an address works after all, or that their school lets us in."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from outreach import policy
from outreach.deliverability import use_cases
from outreach.models import BlockedDomain, Mailbox, Student
from outreach.schools.allow_list import instructions_for_it, students_at
from outreach.schools.blueprint import schools
from outreach.time import clock
from outreach.web import load, me, settings, signed_in


@schools.post("/students/<int:student_id>/mailboxes/<int:mailbox_id>/resumption")
@signed_in(policy.registers_classes)
def write_again(student_id: int, mailbox_id: int) -> ResponseReturnValue:
    """Write again to an address of a student's family, first the present state."""
    student = load(Student, student_id, policy.keeps_student)
    mailbox = load(Mailbox, mailbox_id, lambda _user, mailbox: _is_of(student, mailbox))
    if use_cases.reactivate_mailbox(mailbox.id, now=clock.now()):
        flash(_("We write to %(address)s again. It hears now how things stand.", address=mailbox.address), "success")
    else:
        flash(_("Letters go to %(address)s already.", address=mailbox.address), "info")
    return redirect(url_for("schools.edit_student", student_id=student_id), code=303)


@schools.get("/blocked-domains/<domain>")
@signed_in(policy.registers_classes)
def blocked_domain(domain: str) -> ResponseReturnValue:
    """Show what a school's IT must allow."""
    blocked = load(BlockedDomain, domain, policy.may_unblock_domain)
    context = {"students": students_at(domain, me()), "text": instructions_for_it(blocked, settings())}
    return render_template("schools/blocked_domain.html", blocked=blocked, **context)


@schools.post("/blocked-domains/<domain>/lifting")
@signed_in(policy.registers_classes)
def let_in(domain: str) -> ResponseReturnValue:
    """Write there again, first the present state."""
    blocked = load(BlockedDomain, domain, policy.may_unblock_domain)
    if use_cases.unblock_domain(blocked.domain, now=clock.now()):
        flash(_("Thank you. Everybody at %(domain)s hears now how things stand.", domain=domain), "success")
    return redirect(url_for("schools.blocked_domain", domain=domain), code=303)


def _is_of(student: Student, mailbox: Mailbox) -> bool:
    return mailbox.id in {student.mailbox_id, *(guardian.mailbox_id for guardian in student.guardians)}
