"""What the mail that came in is called on the coordinator's pages: kinds, outcomes, and why each was taken as it was."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from outreach.inbound.reasons import Reason
from outreach.models import InboundKind, InboundMessage, InboundOutcome

INBOUND_KINDS = {
    InboundKind.REPLY: _l("Answer of a calendar"),
    InboundKind.COUNTER: _l("Another time proposed"),
    InboundKind.REFRESH: _l("Invitation asked for"),
    InboundKind.BOUNCE: _l("Bounce"),
    InboundKind.COMPLAINT: _l("Complaint"),
    InboundKind.AUTOMATIC: _l("Automatic mail"),
    InboundKind.OTHER: _l("Other mail"),
}
INBOUND_OUTCOMES = {
    InboundOutcome.QUARANTINED: _l("Needs a look"),
    InboundOutcome.APPLIED: _l("Done"),
    InboundOutcome.HISTORY: _l("Remembered only"),
    InboundOutcome.IGNORED: _l("Ignored"),
}
REASONS = {
    Reason.ANSWERED: _l("The answer holds."),
    Reason.PASSED_ON: _l("The invitation was passed on to somebody else, so it counts as unanswered. Host and teacher were told."),
    Reason.PROPOSED: _l("Host and teacher were told which time is proposed."),
    Reason.SENT_AGAIN: _l("The invitation was sent again."),
    Reason.FAILED: _l("A letter of ours didn't arrive."),
    Reason.COMPLAINED: _l("Its reader called a letter unwanted: no reminders go there any more."),
    Reason.OVER: _l("The session is over or cancelled, or the invitation was taken back."),
    Reason.ONE_MEETING: _l("It is about one meeting of a series. Our sessions have no series."),
    Reason.OLD_TIME: _l("It is about an older version of the invitation. A person who answers one is sent the present version once."),
    Reason.OLDER: _l("A newer answer was there already."),
    Reason.OTHER_ATTENDEE: _l("It was given for another address than the invited one."),
    Reason.PROPOSED_ALREADY: _l("Host and teacher know of this proposal, or of three others."),
    Reason.REPLAYED: _l("The same answer had come before, in another message."),
    Reason.NEWER_THAN_OURS: _l("It is about a version of the invitation that doesn't exist."),
    Reason.NO_ANSWER: _l("It says neither yes nor no nor maybe."),
    Reason.AUTOMATIC: _l("A program wrote it, such as an out-of-office note."),
    Reason.OUR_OWN: _l("It is a letter of ours that came back to us."),
    Reason.NO_FAILURE: _l("It reports that a letter is late, or that it arrived."),
    Reason.NOT_IMPORTED: _l("It invites us to something. We take no invitations."),
    Reason.SENT_LATELY: _l("The invitation is on its way already, or was sent within the hour."),
    Reason.NO_TOKEN: _l("It was sent to none of the addresses that we write from, so nobody knows whom it is about."),
    Reason.UNKNOWN_LETTER: _l("It reports about a letter that can't be found."),
    Reason.UNKNOWN_UID: _l("It answers an invitation that isn't ours."),
    Reason.NOT_THEIRS: _l("It answers somebody else's invitation."),
    Reason.NO_EVENT: _l("It is a calendar's answer without an event."),
    Reason.SEVERAL_EVENTS: _l("It answers several things at once."),
    Reason.SEVERAL_ATTENDEES: _l("It answers for several people at once."),
    Reason.NO_ATTENDEE: _l("It doesn't say whose answer it is."),
    Reason.PERSON_WROTE: _l("A person wrote to us."),
    Reason.TOO_LARGE: _l("It is larger than 1 MiB, so nobody looked at what it says."),
    Reason.TOO_MANY_PARTS: _l("It has more parts than we look at."),
    Reason.TOO_MANY_EVENTS: _l("It has more events than we look at."),
    Reason.MALFORMED: _l("It can't be read."),
    Reason.FAULT: _l("Something went wrong on our side while it was looked at. The log says more."),
}
_TO_DO = {
    Reason.PERSON_WROTE: _l("Please read it and answer from your own mail. Nobody else will."),
    Reason.NO_TOKEN: _l("If a family or a school wrote it, please answer from your own mail. Otherwise there is nothing to do."),
    Reason.TOO_LARGE: _l("If you know the sender, ask them to send it again without attachments."),
    Reason.FAULT: _l("Please show it to whoever runs this service. If it is an answer, it wasn't counted."),
}
_NOT_COUNTED = _l("Nothing was changed. If it is a true answer, its sender can give it on the page behind the link in our letters.")


def why(message: InboundMessage) -> str:
    """Say why it was taken as it was."""
    return str(REASONS[Reason(message.reason)]) if message.reason else ""


def to_do(message: InboundMessage) -> str:
    """Say what a coordinator may do about a message in quarantine."""
    return str(_TO_DO.get(Reason(message.reason), _NOT_COUNTED))


def sign(message: InboundMessage) -> str:
    """Give the state whose sign stands beside the outcome (`macros/parts.html`)."""
    if message.outcome is not InboundOutcome.QUARANTINED:
        return "complete" if message.outcome is InboundOutcome.APPLIED else "dropped"
    return "past" if message.reviewed_at else "failed"
