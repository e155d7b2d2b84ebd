"""Why a message was handled as it was: codes, as stored in the database.

Pure.
"""

from __future__ import annotations

import enum


class InboundReason(enum.StrEnum):
    """Each has one sentence on the coordinator's page."""

    # the RSVP is recorded, the note is written, the invitation is sent again
    ANSWERED = "answered"
    PASSED_ON = "passed_on"
    PROPOSED = "proposed"
    SENT_AGAIN = "sent_again"
    FAILED = "failed"
    COMPLAINED = "complained"
    # it changes nothing, but is kept as history
    OVER = "over"
    ONE_MEETING = "one_meeting"
    OLD_TIME = "old_time"
    OLDER = "older"
    OTHER_ATTENDEE = "other_attendee"
    OTHER_SENDER = "other_sender"
    PROPOSED_ALREADY = "proposed_already"
    # it means nothing
    REPLAYED = "replayed"
    NEWER_THAN_OURS = "newer_than_ours"
    NO_ANSWER = "no_answer"
    AUTOMATIC = "automatic"
    OUR_OWN = "our_own"
    NO_FAILURE = "no_failure"
    NOT_IMPORTED = "not_imported"
    SENT_LATELY = "sent_lately"
    # somebody must look
    NO_TOKEN = "no_token"  # noqa: S105 (a reason, not a secret)
    UNCLEAR_REPORT = "unclear_report"
    UNKNOWN_LETTER = "unknown_letter"
    UNKNOWN_UID = "unknown_uid"
    NOT_THEIRS = "not_theirs"
    NO_EVENT = "no_event"
    SEVERAL_EVENTS = "several_events"
    SEVERAL_ATTENDEES = "several_attendees"
    NO_ATTENDEE = "no_attendee"
    OUTLOOK_ACCEPTED = "outlook_accepted"
    OUTLOOK_TENTATIVE = "outlook_tentative"
    OUTLOOK_DECLINED = "outlook_declined"
    OUTLOOK_UNKNOWN = "outlook_unknown"
    PERSON_WROTE = "person_wrote"
    TOO_LARGE = "too_large"
    TOO_MANY_PARTS = "too_many_parts"
    TOO_MANY_EVENTS = "too_many_events"
    MALFORMED = "malformed"
    FAULT = "fault"
