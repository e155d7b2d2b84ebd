"""What the mail that came in is called on the coordinator's pages: kinds, outcomes, and why each was taken as it was."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from outreach.inbound import InboundReason
from outreach.models import InboundKind, InboundMessage, InboundOutcome

INBOUND_KINDS = {
    InboundKind.REPLY: _l("Answer from a calendar"),
    InboundKind.COUNTER: _l("Another time proposed"),
    InboundKind.REFRESH: _l("Invitation asked for"),
    InboundKind.BOUNCE: _l("Bounce"),
    InboundKind.COMPLAINT: _l("Complaint"),
    InboundKind.AUTOMATIC: _l("Automatic e-mail"),
    InboundKind.OTHER: _l("Other e-mail"),
}
INBOUND_OUTCOMES = {
    InboundOutcome.QUARANTINED: _l("Needs review"),
    InboundOutcome.APPLIED: _l("Done"),
    InboundOutcome.HISTORY: _l("Noted only"),
    InboundOutcome.IGNORED: _l("Ignored"),
}
REASONS = {
    InboundReason.ANSWERED: _l("The answer counts."),
    InboundReason.PASSED_ON: _l(
        "The invitation was forwarded to somebody else, so it counts as unanswered. We told the host and the teacher."
    ),
    InboundReason.PROPOSED: _l("We told the host and the teacher which time is proposed."),
    InboundReason.SENT_AGAIN: _l("The invitation was sent again."),
    InboundReason.FAILED: _l("One of our e-mails didn't arrive."),
    InboundReason.COMPLAINED: _l("The reader reported our e-mail as spam. We no longer send reminders there."),
    InboundReason.OVER: _l("The session is over or cancelled, or the invitation was withdrawn."),
    InboundReason.ONE_MEETING: _l("It is about one meeting of a series. Our sessions have no series."),
    InboundReason.OLD_TIME: _l(
        "It is about an older version of the invitation. We send the current version once to a person who answers an older one."
    ),
    InboundReason.OLDER: _l("There was already a newer answer."),
    InboundReason.OTHER_ATTENDEE: _l("The answer is for a different address from the one invited."),
    InboundReason.PROPOSED_ALREADY: _l("The host and the teacher already know of this proposal, or of three others."),
    InboundReason.REPLAYED: _l("We already had the same answer from another e-mail."),
    InboundReason.OTHER_SENDER: _l(
        "It came from a different address from the one invited, and nothing proves who sent it. Nothing was changed."
    ),
    InboundReason.NEWER_THAN_OURS: _l("It is about a version of the invitation that doesn't exist."),
    InboundReason.NO_ANSWER: _l("It doesn't say yes, no or maybe."),
    InboundReason.AUTOMATIC: _l("A program wrote it, such as an out-of-office note."),
    InboundReason.OUR_OWN: _l("It is one of our own e-mails that came back."),
    InboundReason.NO_FAILURE: _l("It reports that an e-mail is late, or that it arrived."),
    InboundReason.NOT_IMPORTED: _l("It invites us to something. We don't accept invitations."),
    InboundReason.SENT_LATELY: _l("The invitation is on its way already, or was sent within the hour."),
    InboundReason.NO_TOKEN: _l("It wasn't sent to any of the addresses we send from, so we can't tell whom it is about."),
    InboundReason.UNKNOWN_LETTER: _l("It reports about an e-mail that we can't find."),
    InboundReason.UNCLEAR_REPORT: _l("A mail server or a program reports about one of our e-mails, and we can't read what became of it."),
    InboundReason.UNKNOWN_UID: _l("It answers an invitation that isn't ours."),
    InboundReason.NOT_THEIRS: _l("It answers somebody else's invitation."),
    InboundReason.NO_EVENT: _l("It is an answer from a calendar without an event."),
    InboundReason.SEVERAL_EVENTS: _l("It answers several things at once."),
    InboundReason.SEVERAL_ATTENDEES: _l("It answers for several people at once."),
    InboundReason.NO_ATTENDEE: _l("It doesn't say whose answer it is."),
    InboundReason.OUTLOOK_ACCEPTED: _l("It is an answer in Outlook's own format: accepted."),
    InboundReason.OUTLOOK_TENTATIVE: _l("It is an answer in Outlook's own format: tentative."),
    InboundReason.OUTLOOK_DECLINED: _l("It is an answer in Outlook's own format: declined."),
    InboundReason.OUTLOOK_UNKNOWN: _l("It is an answer in Outlook's own format. It doesn't say which."),
    InboundReason.PERSON_WROTE: _l("A person wrote to us."),
    InboundReason.TOO_LARGE: _l("It is larger than 1 MiB, so we didn't read it."),
    InboundReason.TOO_MANY_PARTS: _l("It has more parts than we read."),
    InboundReason.TOO_MANY_EVENTS: _l("It has more events than we read."),
    InboundReason.MALFORMED: _l("It can't be read."),
    InboundReason.FAULT: _l("Something went wrong on our side while we read it. The log says more."),
}
_TO_DO = {
    InboundReason.PERSON_WROTE: _l("Please read it and answer below. Nobody else will."),
    InboundReason.UNCLEAR_REPORT: _l(
        "Please read what it says. If it says that the address doesn't exist, ask the school for another one. Nothing was changed."
    ),
    InboundReason.NO_TOKEN: _l(
        "If a family or a school wrote it, please answer from your own e-mail address. Otherwise there is nothing to do."
    ),
    InboundReason.TOO_LARGE: _l("If you know the sender, ask them to send it again without attachments."),
    InboundReason.FAULT: _l("Please show it to whoever runs this service. If it is an answer, we didn't count it."),
}
_NOT_COUNTED = _l("Nothing was changed. If it is a real answer, the sender can give it on the page that the link in our e-mails opens.")


_COMMENT, _REVIEWED = _l("Somebody wrote a comment with it."), _l("Reviewed")
_WORDS = _l("Please read the comment, and answer below if it asks something.")


def why(message: InboundMessage) -> str:
    """Say why it was taken as it was."""
    sentence = str(REASONS[InboundReason(message.reason)]) if message.reason else ""
    return f"{sentence} {_COMMENT}" if message.has_words else sentence


def to_do(message: InboundMessage) -> str:
    """Say what a coordinator may do about a message in quarantine."""
    if message.has_words:
        return str(_WORDS)
    return str(_TO_DO.get(InboundReason(message.reason), _NOT_COUNTED))


def state(message: InboundMessage) -> str:
    """Say what became of it, or that somebody must look."""
    if message.reviewed_at:
        return str(_REVIEWED)
    return str(INBOUND_OUTCOMES[InboundOutcome.QUARANTINED if message.has_words else message.outcome])


def sign(message: InboundMessage) -> str:
    """Give the state whose sign is shown beside the outcome (`macros/parts.html`)."""
    if message.has_words and not message.reviewed_at:
        return "failed"
    if message.outcome is not InboundOutcome.QUARANTINED:
        return "complete" if message.outcome is InboundOutcome.APPLIED else "dropped"
    return "past" if message.reviewed_at else "failed"
