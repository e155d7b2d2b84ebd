"""What the words of mail servers mean, in the many ways in which they say it."""

from __future__ import annotations

import pytest

from outreach.inbound.parsing.bounce_words import is_late, kind_of, kind_said
from outreach.models import BounceKind

HARD, SOFT, POLICY = BounceKind.HARD, BounceKind.SOFT, BounceKind.POLICY

NOBODY = [
    ("5.0.0", "554 delivery error: dd This user doesn't have a mail.example account (ana@mail.example) [0] - mta9.mail.example"),
    ("5.5.0", "550 Requested action not taken: mailbox unavailable (-17:22:-214)"),
    ("5.5.0", "550 5.5.0 Adresse destinataire invalide. Invalid recipient. LPN000_000"),
    ("5.5.0", "550 5.5.0 Le compte du destinataire est bloque. The recipient account is blocked."),
    ("5.2.0", "550 Unknown user ana@phone.example.jp"),
    ("5.7.1", "554 5.7.1 <ana@pupils.example>: Recipient address rejected: Nonexistent user"),
    ("5.7.1", "550 5.7.1 550 User Unknown: ana@pupils.example"),
    ("5.7.1", "550 5.7.1 No mailbox found"),
    ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied. [AB01.prod.protection.example]"),
    ("", "550 ana@pupils.example... No such user"),
    ("", "551 <ana@pupils.example> is a deactivated mailbox"),
    ("", "550 The email account that you tried to reach is inactive"),
    ("", "554 Sorry your message cannot be delivered. This account has been disabled or discontinued [#102]"),
    ("", "550 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
    ("", "User ana (ana@pupils.example) not listed in Domino Directory"),
    ("", "550 BAD_RECIPIENT"),
    ("", "550 5.1.1 <ana@relay.example>: User unknown in relay recipient table"),
    ("", "Unbekannter Empfänger"),
    ("", "550 Usuario desconocido"),
    ("", "550 Destinataire inconnu"),
    ("", "宛先のメールアドレスが見つかりません"),
    ("", "550 пользователь не найден"),
    ("", "550 Mailbox is frozen. See the page of the provider"),
    ("", "550 unknown user, says spam-filter.pupils.example"),
]
NO_DOMAIN = [
    ("4.0.0", "DNS Error: 80335577 DNS type 'mx' lookup of pupils.example responded with code NXDOMAIN Domain name not found"),
    ("4.0.0", "The domain pupils.example doesn't receive email according to the administrator: null MX"),
    ("5.0.0", "No such domain."),
    ("5.5.0", "554 The mail could not be delivered to the recipient because the domain is not reachable. Please check the domain"),
    ("", "Unrouteable mail domain pupils.example"),
    ("", "Host or domain name not found. Name service error for name=pupils.example type=MX: Host not found"),
    ("5.4.4", ""),
]
REFUSED = [
    ("5.0.0", "554 Message not allowed - not accepted for policy reasons"),
    ("5.1.1", "550 5.7.1 IP address blacklisted by recipient"),
    ("5.1.0", "550 5.1.0 <b1-x@outreach.example> sender rejected. Refer to the error codes"),
    ("5.1.3", "553 http://www.blocklist.example/query/bl?ip=192.0.2.1"),
    ("5.2.0", "550 5.2.0 Mail rejete. Mail rejected. ofr_506 [506]"),
    ("5.6.0", "554 5.6.0 This message has been scored as spam with a probability of more than 90%"),
    ("4.7.0", "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints"),
    ("4.0.0", "554 Blocked - see the page of the provider"),
    ("5.0.0", "550 Bad SPF records for [outreach.example:192.0.2.1]"),
    ("5.0.0", "550 DMARC check failed"),
    ("5.0.0", "550 Virus Detected; Content Rejected"),
    ("5.0.0", "550 Unauthenticated senders not allowed"),
    ("", "571 No PTR Record found. Reverse DNS required"),
    ("", "550 Unroutable sender address"),
    ("", "550 Relaying denied"),
    ("", "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using a list"),
    ("5.7.0", ""),
]
NOT_NOW = [
    ("5.1.1", "552 sorry, mailbox ana@pupils.example is over quota temporarily (#5.1.1)"),
    ("5.1.0", "5.1.0 - Unknown address error 550-'5.2.2 <ana@pupils.example>... Mailbox Full'"),
    ("5.2.1", "450-5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages"),
    ("5.4.7", ""),
    ("4.4.7", "Message expired"),
    ("5.4.316", "550 5.4.316 Message expired, connection refused"),
    ("5.4.6", "554 5.4.6 Too many hops"),
    ("5.3.4", "552 5.3.4 Message too big"),
    ("", "retry timeout exceeded"),
    ("", "User's mailbox is full"),
    ("", "450 4.2.0 Greylisted, see you soon"),
    ("4.1.1", "450 4.1.1 Recipient address rejected: User unknown"),
    ("5.0.0", "550 5.0.0 Recipient address rejected: Internal system error"),
]


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        *((HARD, *case) for case in (*NOBODY, *NO_DOMAIN)),
        *((POLICY, *case) for case in REFUSED),
        *((SOFT, *case) for case in NOT_NOW),
    ],
)
def test_a_failure_is_told_by_its_words_and_its_status(kind: BounceKind, status: str, words: str) -> None:
    assert kind_of(status, words) is kind


@pytest.mark.parametrize(
    "words", ["", "554 Sorry", "554 Transaction failed", "Service unavailable", "see ana@spam.example at blocked.example"]
)
def test_words_that_say_nothing_say_nothing(words: str) -> None:
    assert kind_said(words) is None


@pytest.mark.parametrize(
    ("text", "is_so"),
    [
        ("Warning: message still undelivered after 4 hours\nWill keep trying until message is 5 days old", True),
        ("A message that you sent has not yet been delivered. No action is required on your part.", True),
        ("Delivery Status Notification (Delay)", True),
        ("This is a permanent error; I've given up. It will not be retried", False),
        ("Delivery Status Notification (Failure)", False),
    ],
)
def test_a_letter_that_is_late_has_not_failed(text: str, is_so: bool) -> None:
    assert is_late(text) is is_so


def test_words_are_read_in_no_time_whatever_they_are() -> None:
    for piece in ("user ", "recipient address ", "domain ", "mail ", "sender ", "a@", "x.", "mailbox is ", "no no "):
        assert kind_said(piece * 5000) in {None, *BounceKind}
