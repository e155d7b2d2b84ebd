"""Bounces that no standard describes, by hand in the form in which programs write them."""

from __future__ import annotations

from outreach.models import BounceKind

_HARD, _SOFT, _POLICY = BounceKind.HARD, BounceKind.SOFT, BounceKind.POLICY
_COPY = (
    "Return-Path: <b1@outreach.example>",
    "Message-ID: <letter-1@outreach.example>",
    "Subject: User unknown, quota exceeded, spam",
    "",
    "Hi",
)


def server_mail(
    *body: str, to: str, sender: str = "MAILER-DAEMON@mx.example", subject: str = "failure notice", headers: tuple[str, ...] = ()
) -> bytes:
    """Give a message as a mail server writes it; the returned letter is below its words."""
    top = ("Return-Path: <>", *headers, f"From: {sender}", f"To: {to}", f"Subject: {subject}", "Message-ID: <b1@mx.example>", "")
    return "\r\n".join((*top, *body, "")).encode()


# Name, what is meant, From, Subject, the lines of text.
BOUNCES: tuple[tuple[str, BounceKind, str, str, tuple[str, ...]], ...] = (
    (
        "opensmtpd",
        _HARD,
        "Mailer Daemon <MAILER-DAEMON@mx.example>",
        "Delivery status notification: error",
        (
            "    Hi!",
            "",
            "    An error has occurred while attempting to deliver a message:",
            "",
            "ana@pupils.example: 550 5.1.1 No such user",
            "",
            "    Below is a copy of the original message:",
            "",
            *_COPY,
        ),
    ),
    (
        "opensmtpd, expired",
        _SOFT,
        "Mailer Daemon <MAILER-DAEMON@mx.example>",
        "Delivery status notification: error",
        (
            "    An error has occurred while attempting to deliver a message:",
            "",
            "ana@pupils.example: Envelope expired",
            "",
            "    Below is a copy of the original message:",
            "",
            *_COPY,
        ),
    ),
    (
        "workmail",
        _HARD,
        "MAILER-DAEMON@mail.example",
        "Delivery Status Notification (Failure)",
        (
            "An error occurred while trying to deliver the mail to the following recipients:",
            "ana@pupils.example",
            "",
            "Technical report:",
            "",
            "Reporting-MTA: dsn; out.mail.example",
            "",
            "Action: failed",
            "Final-Recipient: rfc822; ana@pupils.example",
            "Diagnostic-Code: smtp; 550 5.1.1 <ana@pupils.example>... User Unknown",
            "Status: 5.1.1",
            "",
        ),
    ),
    (
        "exchange 2003",
        _HARD,
        "System Administrator <administrator@pupils.example>",
        "Undeliverable: Invitation",
        (
            "Your message did not reach some or all of the intended recipients.",
            "",
            "      Subject:\tInvitation",
            "",
            "The following recipient(s) could not be reached:",
            "",
            "      ana@pupils.example on 3/2/2027 9:00 AM",
            "            The recipient name is not recognized",
            "            MSEXCH:IMC:PUPILS:SITE:HOST",
        ),
    ),
    (
        "domino",
        _HARD,
        "postmaster@pupils.example",
        "Undeliverable message",
        (
            "------- Failure Reasons  --------",
            "",
            "User ana not listed in Domino Directory",
            "ana@pupils.example",
            "",
            "------- Returned Message --------",
            *_COPY,
        ),
    ),
    (
        "qmail, given up",
        _SOFT,
        "MAILER-DAEMON@mx.example",
        "failure notice",
        (
            "Hi. This is the qmail-send program at mx.example.",
            "This is a permanent error; I've given up. Sorry it didn't work out.",
            "",
            "<ana@pupils.example>:",
            "I'm not going to try again; this message has been in the queue too long.",
            "",
            "--- Below this line is a copy of the message.",
            "",
            *_COPY,
        ),
    ),
    (
        "qmail, banned",
        _POLICY,
        "MAILER-DAEMON@mx.example",
        "failure notice",
        (
            "Hi. This is the qmail-send program at mx.example.",
            "This is a permanent error; I've given up. Sorry it didn't work out.",
            "",
            "<ana@pupils.example>:",
            "192.0.2.9 does not like recipient.",
            "Remote host said: 550 5.7.606 Access denied, banned sending IP [192.0.2.1].",
            "",
            "--- Below this line is a copy of the message.",
            "",
            *_COPY,
        ),
    ),
    (
        "dragonfly",
        _HARD,
        "MAILER-DAEMON <>",
        "Mail delivery failed",
        (
            "There was an error delivering your mail to <ana@pupils.example>.",
            "",
            "mx.pupils.example [192.0.2.9] did not like our RCPT TO:",
            "550 5.1.1 <ana@pupils.example>: Recipient address rejected: User unknown",
            "",
            "Message headers follow.",
            "",
            *_COPY,
        ),
    ),
    (
        "a carrier, nobody there",
        _HARD,
        "Postmaster@phone.example.jp",
        "Mail System Error - Returned Mail",
        (
            "Each of the following recipients was rejected by a remote",
            "mail server.",
            "",
            "    Recipient: <ana@phone.example.jp>",
            "    >>> RCPT TO:<ana@phone.example.jp>",
            "    <<< 550 <ana@phone.example.jp>: User unknown",
        ),
    ),
    (
        "a carrier, mailbox full",
        _SOFT,
        "no-reply@phone.example.jp",
        "Mail",
        (
            "Your mail sent on: Tue, 2 Mar 2027 09:00:00 +0900",
            "     Could not be delivered to: <ana@phone.example.jp>",
            "     As their mailbox is full.",
        ),
    ),
    (
        "a carrier, disabled",
        _HARD,
        "Postmaster@phone.example.jp",
        "Mail System Error - Returned Mail",
        ("The user(s) account is disabled.", "", "<ana@phone.example.jp>"),
    ),
    (
        "verizon",
        _HARD,
        "post_master@text.example",
        "Re:Invitation",
        (
            "Error: Invalid user address",
            "",
            "Error message below:",
            "550 - Requested action not taken: no such user here",
            "",
            "Message details:",
            "  Subject: Invitation",
        ),
    ),
    (
        "a group",
        _POLICY,
        "Mail Delivery Subsystem <mailer-daemon@mail.example>",
        "Delivery Status Notification (Failure)",
        (
            "Hello outreach@outreach.example,",
            "",
            "The group you tried to contact (pupils) may not exist, or you may not have permission to post.",
            "",
            "https://groups.google.com/support/",
        ),
    ),
)
