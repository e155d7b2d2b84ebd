"""The first address in the shape of ours says whose business a message is; nothing else does."""

from __future__ import annotations

import pytest

from outreach.inbound.recipient_token import TokenRecipient, is_our_own, recipient_of_token
from outreach.mail.verp import bounce_token

SECRET = "a secret key that only tests ever see, long enough"
REPLY, BOUNCE = "rsvp+{token}@outreach.example", "bounce-{token}@mail.outreach.example"
SIGNED = bounce_token(7, SECRET)
ANA = TokenRecipient(mailbox_token="abcdefghijklmnop")


def found(*recipients: str, bounce_address: str = BOUNCE) -> TokenRecipient | None:
    return recipient_of_token(recipients, reply_address=REPLY, bounce_address=bounce_address, secret_key=SECRET)


@pytest.mark.parametrize("bounce_address", [BOUNCE, REPLY])
def test_a_signed_token_is_a_letter_and_any_other_perhaps_a_mailbox(bounce_address: str) -> None:
    letter = bounce_address.replace("{token}", SIGNED)
    assert found(letter, bounce_address=bounce_address) == TokenRecipient(letter_id=7)
    assert found(letter.upper(), bounce_address=bounce_address) == TokenRecipient(letter_id=7)
    assert found("RSVP+abcdefghijklmnop@Outreach.Example", bounce_address=bounce_address) == ANA


def test_a_token_we_did_not_sign_is_no_letter() -> None:
    forged = SIGNED.replace("b7-", "b8-")
    assert found(f"bounce-{forged}@mail.outreach.example") == TokenRecipient(mailbox_token=forged)
    assert found(f"rsvp+{forged}@outreach.example") == TokenRecipient(mailbox_token=forged)


def test_the_first_of_our_addresses_counts_though_it_be_nobodys() -> None:
    ours, other = "rsvp+abcdefghijklmnop@outreach.example", "rsvp+zzzzzzzzzzzzzzzz@outreach.example"
    assert found("inbox@provider.example", ours, other) == ANA
    assert found(other, ours) == TokenRecipient(mailbox_token="zzzzzzzzzzzzzzzz")


@pytest.mark.parametrize("recipient", ["", "rsvp@outreach.example", "rsvp+@outreach.example", "rsvp+abc@elsewhere.example", "nonsense"])
def test_what_has_another_shape_is_not_ours(recipient: str) -> None:
    assert found(recipient) is None


def test_only_we_write_from_our_addresses() -> None:
    assert is_our_own("rsvp+abcdefghijklmnop@outreach.example", reply_address=REPLY)
    assert not is_our_own("ana@pupils.example", reply_address=REPLY)
