"""Links in letters: for one mailbox, one session, one purpose, and not for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.tokens import LinkBroken, LinkExpired, LinkPurpose, Ticket, address, read, sign

KEY = "a secret key that only tests ever see, long enough"
NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
TICKET = Ticket(7, 42, LinkPurpose.FAMILY, 1, NOW + timedelta(days=30))


@given(
    st.integers(1, 10**9),
    st.integers(1, 10**9),
    st.sampled_from(LinkPurpose),
    st.integers(1, 10**6),
    st.datetimes(datetime(2027, 3, 2), datetime(2200, 1, 1), timezones=st.just(UTC)),
)
def test_what_was_signed_is_read(mailbox_id: int, session_id: int, purpose: LinkPurpose, version: int, expires_at: datetime) -> None:
    ticket = Ticket(mailbox_id, session_id, purpose, version, expires_at.replace(microsecond=0))

    assert read(sign(ticket, KEY), purpose, KEY, NOW) == ticket


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_token_is_short_and_needs_no_quoting(mailbox_id: int, session_id: int) -> None:
    token = sign(Ticket(mailbox_id, session_id, LinkPurpose.NOT_MINE, 1, NOW), KEY)

    assert len(token) < 100
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def test_same_ticket_gives_the_same_token() -> None:
    assert sign(TICKET, KEY) == sign(TICKET, KEY)


def test_link_for_one_purpose_opens_no_other() -> None:
    with pytest.raises(LinkBroken):
        read(sign(TICKET, KEY), LinkPurpose.NOT_MINE, KEY, NOW)


def test_another_service_could_not_have_signed_it() -> None:
    with pytest.raises(LinkBroken):
        read(sign(TICKET, KEY), LinkPurpose.FAMILY, KEY + "!", NOW)


@given(st.data())
def test_link_with_a_character_changed_is_refused(data: st.DataObject) -> None:
    token = sign(TICKET, KEY)
    # The last character carries two bits that mean nothing in base64.
    place = data.draw(st.integers(0, len(token) - 2))
    other = data.draw(st.sampled_from("ABCxyz019-_.").filter(lambda one: one != token[place]))

    with pytest.raises(LinkBroken):
        read(token[:place] + other + token[place + 1 :], LinkPurpose.FAMILY, KEY, NOW)


@pytest.mark.parametrize("token", ["", ".", "x", "é.ü", "a.b.c", "\x00", "WzFd." + "A" * 43, "." * 5000])
def test_nonsense_is_refused(token: str) -> None:
    with pytest.raises(LinkBroken):
        read(token, LinkPurpose.FAMILY, KEY, NOW)


def test_link_ends_when_it_says() -> None:
    token = sign(TICKET, KEY)

    assert read(token, LinkPurpose.FAMILY, KEY, TICKET.expires_at - timedelta(seconds=1)) == TICKET
    with pytest.raises(LinkExpired):
        read(token, LinkPurpose.FAMILY, KEY, TICKET.expires_at)


def test_forged_link_is_broken_even_when_its_time_is_over() -> None:
    with pytest.raises(LinkBroken):
        read(sign(TICKET, KEY)[:-3] + "AAA", LinkPurpose.FAMILY, KEY, TICKET.expires_at)


def test_both_refusals_look_like_a_page_that_is_not_there() -> None:
    assert LinkBroken("").status == LinkExpired("").status == 404


def test_address_leads_to_the_page_of_its_purpose() -> None:
    token = sign(TICKET, KEY)
    wrong = Ticket(7, 42, LinkPurpose.NOT_MINE, 1, TICKET.expires_at)

    assert address(TICKET, base_url="https://o.example", secret_key=KEY) == f"https://o.example/i/{token}"
    assert address(wrong, base_url="https://o.example", secret_key=KEY) == f"https://o.example/i/{sign(wrong, KEY)}/not-mine"


@pytest.mark.parametrize("purpose", list(LinkPurpose))
def test_a_link_opens_the_page_of_its_purpose_and_no_other(purpose: LinkPurpose) -> None:
    ticket = Ticket(7, 42, purpose, 1, NOW + timedelta(days=30))
    token = sign(ticket, KEY)
    paths = {
        LinkPurpose.FAMILY: f"/i/{token}",
        LinkPurpose.NOT_MINE: f"/i/{token}/not-mine",
        LinkPurpose.UNDO: f"/i/{token}/undo",
        LinkPurpose.REMINDERS: f"/i/{token}/reminders",
        LinkPurpose.DECIDE: f"/d/{token}",
    }
    assert address(ticket, base_url="https://outreach.example", secret_key=KEY) == "https://outreach.example" + paths[purpose]
    for other in LinkPurpose:
        if other is not purpose:
            with pytest.raises(LinkBroken):
                read(token, other, KEY, NOW)


@pytest.mark.parametrize(("later", "opens"), [(-1, True), (0, False), (1, False)])
def test_a_link_expires_to_the_second(later: int, *, opens: bool) -> None:
    now, token = TICKET.expires_at + timedelta(seconds=later), sign(TICKET, KEY)
    if opens:
        assert read(token, LinkPurpose.FAMILY, KEY, now) == TICKET
    else:
        with pytest.raises(LinkExpired):
            read(token, LinkPurpose.FAMILY, KEY, now)
