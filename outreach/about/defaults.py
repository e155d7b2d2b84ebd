"""The texts that come with the service, as Markdown; a coordinator may put others in their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from outreach.models import PageName

TITLES: Mapping[PageName, LazyString] = {
    PageName.ABOUT: _l("Who we are and what we keep"),
    PageName.CONTACT: _l("Contact"),
    PageName.PRIVACY: _l("Privacy"),
    PageName.SAFEGUARDING: _l("Safeguarding"),
}


def default_text(name: PageName) -> str:
    """Give the text that comes with the service."""
    return _TEXTS[name]()


def _about() -> str:
    return _(
        "Outreach brings school students and people who work in medicine together. Clinicians offer sessions, such as a visit to a "
        "hospital or a first lesson in stitching. Schools register their students.\n\n"
        "## Why you get our e-mails\n\n"
        "A school gave us your address, as a student or as the parent or guardian of one. Each e-mail names the school, the class and "
        "the teacher, so that you can ask them. You need no account.\n\n"
        "## What we keep\n\n"
        "- Of students: name, school, class and year, and an e-mail address if there is one. The birth date only where a session has "
        "an age limit. What a student needs, if the school writes it down.\n"
        "- Of parents and guardians: name and e-mail address.\n"
        "- Which sessions a student is registered for, and what you answered.\n\n"
        "## Who sees it\n\n"
        "The teachers of the school see their own students. The host of a session sees given names, the school and what a student "
        "needs. No family sees another family. We sell nothing, show no advertisements and track nobody.\n\n"
        "## If it isn't your child\n\n"
        "Use the link “Not your child” at the end of our e-mails. We then send you nothing more about them, and ask the school "
        "to correct the address."
    )


def _contact() -> str:
    return _(
        "**About a student or a session:** ask the teacher named in our e-mail. Their address is in it.\n\n"
        "**On the day of a session:** call the person named under “On the day” in our e-mail.\n\n"
        "**About anything else:** reply to any of our e-mails. A coordinator of the programme reads it and answers."
    )


def _privacy() -> str:
    return _(
        "We keep only what a session needs, and only as long as it is needed. What we keep and who sees it is on the page "
        "“Who we are and what we keep”.\n\n"
        "## What you can ask for\n\n"
        "- **To see** what we keep about you or your child.\n"
        "- **To correct** it. The school can do that at once.\n"
        "- **To delete** it. The school removes a student; we then keep only that a seat was taken, without a name.\n"
        "- **To get no more e-mails.** Reminders have a link that stops them.\n\n"
        "Ask the teacher named in our e-mail, or reply to any of our e-mails.\n\n"
        "## Cookies\n\n"
        "We use one cookie, which keeps you signed in or keeps a form safe. There is no tracking."
    )


def _safeguarding() -> str:
    return _(
        "Most students are under 18. These rules hold for every session.\n\n"
        "- A coordinator checks every clinician and every teacher before they can use Outreach.\n"
        "- Adults and students never write to each other in private. A parent, a guardian or a teacher is always copied.\n"
        "- Hosts see given names only, and no addresses.\n"
        "- A student under age needs a guardian who knows of the session, or a teacher who takes responsibility.\n"
        "- A guardian can withdraw a student at any time, with the link in any of our e-mails.\n\n"
        "## If you are worried\n\n"
        "**If somebody is in danger, call the emergency services first.** Then tell the teacher named in our e-mail, or reply to any of "
        "our e-mails and write “safeguarding” in the subject. A coordinator reads it."
    )


_TEXTS: Mapping[PageName, Callable[[], str]] = {
    PageName.ABOUT: _about,
    PageName.CONTACT: _contact,
    PageName.PRIVACY: _privacy,
    PageName.SAFEGUARDING: _safeguarding,
}
