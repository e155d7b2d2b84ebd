"""Nouns: every table of the service. What people do with them lives in the feature packages."""

from outreach.models.inbound import BlockedDomain, Bounce, BounceKind, InboundKind, InboundMessage, InboundOutcome
from outreach.models.invitation import Answer, AnswerSource, Invitation, InvitationAnswer, InvitationReason, ReasonKind
from outreach.models.letter import UNSETTLED, Letter, LetterKind, LetterState, OutboxPause
from outreach.models.mailbox import Mailbox
from outreach.models.outreach_session import Format, OutreachSession, SessionState, co_host, instant
from outreach.models.place import Appointment, Area, Site
from outreach.models.registration import (
    ACTIVE,
    HAVE_AN_ENTRY,
    SEATED,
    Consent,
    ConsentPurpose,
    Registration,
    RegistrationState,
    RegistrationStep,
    WaitReason,
)
from outreach.models.school import Guardian, Membership, School, SchoolClass, Student, class_teacher, enrolment, guardianship
from outreach.models.user import Application, ApplicationState, Role, RoleName, User, WebAuthn, user_role

__all__ = [
    "ACTIVE",
    "HAVE_AN_ENTRY",
    "SEATED",
    "UNSETTLED",
    "Answer",
    "AnswerSource",
    "Application",
    "ApplicationState",
    "Appointment",
    "Area",
    "BlockedDomain",
    "Bounce",
    "BounceKind",
    "Consent",
    "ConsentPurpose",
    "Format",
    "Guardian",
    "InboundKind",
    "InboundMessage",
    "InboundOutcome",
    "Invitation",
    "InvitationAnswer",
    "InvitationReason",
    "Letter",
    "LetterKind",
    "LetterState",
    "Mailbox",
    "Membership",
    "OutboxPause",
    "OutreachSession",
    "ReasonKind",
    "Registration",
    "RegistrationState",
    "RegistrationStep",
    "Role",
    "RoleName",
    "School",
    "SchoolClass",
    "SessionState",
    "Site",
    "Student",
    "User",
    "WaitReason",
    "WebAuthn",
    "class_teacher",
    "co_host",
    "enrolment",
    "guardianship",
    "instant",
    "user_role",
]
