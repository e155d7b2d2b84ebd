"""Only our own mail server's word proves where a message came from, and only for that domain (RFC 8601)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.inbound.authentication_results import proves

OURS = "mx.outreach.example"
SCHOOL = "school.example"
PROVEN = [
    f"{OURS}; dmarc=pass header.from={SCHOOL}",
    f"{OURS} 1; dmarc=pass (p=REJECT sp=NONE dis=NONE) header.from={SCHOOL}",
    f"{OURS.upper()};  DKIM=Pass header.d={SCHOOL.upper()}",
    f'{OURS}; spf=fail smtp.mailfrom=a@elsewhere.example; dkim=pass header.i=@{SCHOOL} header.s=s1 header.b="a/b+c"',
    f'{OURS}; dkim=fail header.d={SCHOOL}; dkim=pass (2048-bit key; "x") header.d={SCHOOL}',
    f'{OURS}; dkim=pass reason="good; signature" header.d={SCHOOL}',
    f"(first a comment) {OURS}; dmarc=pass header.from={SCHOOL}",
    f"{OURS}; dmarc=none header.from={SCHOOL}; dkim=pass header.d={SCHOOL}",
    f"{OURS}; spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=a@{SCHOOL}; dmarc=pass action=none header.from={SCHOOL};compauth=pass",
    f"{OURS};\r\n\tdkim=pass header.i=@{SCHOOL} header.s=s1 header.b=a/b+c=;\r\n\tdara=pass header.i=@{SCHOOL};",
]
NOT_PROVEN = [
    "",
    OURS,
    f"{OURS}; none",
    f"{OURS}; spf=pass smtp.mailfrom=ana@{SCHOOL}",
    f"{OURS}; dmarc=fail header.from={SCHOOL}",
    f"{OURS}; dmarc=pass header.from=elsewhere.example",
    f"{OURS}; dmarc=pass",
    f"{OURS}; dmarc=passed header.from={SCHOOL}",
    f"{OURS}; xdmarc=pass header.from={SCHOOL}",
    f"{OURS}; dmarc=fail header.from={SCHOOL}; dkim=pass header.d={SCHOOL}",
    f"{OURS}; dmarc=pass header.from={SCHOOL}; dmarc=fail header.from={SCHOOL}",
    f"{OURS}; dkim=pass header.d=elsewhere.example",
    f"{OURS}; dkim=pass header.d=sub.{SCHOOL}",
    f"{OURS}; dkim=pass header.d=example",
    f"{OURS}; dkim=pass header.d=chool.example",
    f"{OURS}; dkim=pass header.x=y",
    f"{OURS}; dkim=neutral header.d={SCHOOL}",
    f"elsewhere.example; dmarc=pass header.from={SCHOOL}",
    f"{OURS}.elsewhere.example; dmarc=pass header.from={SCHOOL}",
    f'{OURS}; dkim=fail reason="x; dmarc=pass header.from={SCHOOL}" header.d={SCHOOL}',
    f"{OURS}; dkim=fail (dmarc=pass header.from={SCHOOL}; dmarc=pass header.from={SCHOOL}) header.d={SCHOOL}",
    f"{OURS}; dkim=fail (x (; dmarc=pass header.from={SCHOOL}",
    f'{OURS}; spf=pass smtp.mailfrom="x; dmarc=pass header.from={SCHOOL}; dkim=none',
    f"{OURS}; dmarc=pass header.from={SCHOOL} {'x' * 5000}",
    f"{OURS}; spf=fail {'(' * 600}; dmarc=pass header.from={SCHOOL}",
    f"{OURS}; spf=fail smtp.helo=a {'(' * 600}; dmarc=pass header.from={SCHOOL}",
    f"{OURS}; spf=fail smtp.helo=a (\u00e9; dmarc=pass header.from={SCHOOL})",
    f'{OURS}; spf=fail smtp.helo="\u00e9; dmarc=pass header.from={SCHOOL}; dkim=none',
]
UNREADABLE = [
    *(f"{OURS}; dkim=none (", f"{OURS}; dkim=none{'; spf=none' * 100}", f"{OURS}; dkim=none ({'x' * 5000})"),
    *(f"{OURS} 2; dkim=none", f"{OURS}; dkim", f"{OURS}: dkim=none"),
]


@pytest.mark.parametrize("header", PROVEN)
def test_our_servers_word_proves_the_domain(header: str) -> None:
    assert proves([header], SCHOOL, authserv_id=OURS)


@pytest.mark.parametrize("header", NOT_PROVEN)
def test_anything_else_proves_nothing(header: str) -> None:
    assert not proves([header], SCHOOL, authserv_id=OURS)


def test_a_domain_speaks_for_what_is_below_it() -> None:
    assert proves([f"{OURS}; dkim=pass header.d={SCHOOL}"], f"mail.{SCHOOL}", authserv_id=OURS)


def test_the_topmost_word_of_our_server_counts_and_what_a_stranger_put_below_does_not() -> None:
    """Other servers' headers may stand above, and results that say nothing of a signature."""
    forged = f"{OURS}; dmarc=pass header.from={SCHOOL}"
    above = ["relay.example; dkim=pass header.d=elsewhere.example", f"{OURS}; spf=pass smtp.mailfrom=a@elsewhere.example"]
    assert not proves([*above, f"{OURS}; dkim=none", forged], SCHOOL, authserv_id=OURS)
    assert proves([*above, forged, f"{OURS}; dmarc=fail header.from={SCHOOL}"], SCHOOL, authserv_id=OURS)


def test_a_public_suffix_proves_nothing_about_the_domains_below_it() -> None:
    assert not proves([f"{OURS}; dkim=pass header.d=ac.uk"], "school.ac.uk", authserv_id=OURS)


@pytest.mark.parametrize("unreadable", UNREADABLE)
def test_nothing_counts_below_a_header_of_our_server_that_cannot_be_read(unreadable: str) -> None:
    proof = f"{OURS}; dmarc=pass header.from={SCHOOL}"
    assert not proves([unreadable, proof], SCHOOL, authserv_id=OURS)
    assert proves([unreadable.replace(OURS, "relay.example"), proof], SCHOOL, authserv_id=OURS)


@pytest.mark.parametrize(("domain", "authserv_id"), [("", OURS), (SCHOOL, None), (SCHOOL, "")])
def test_without_a_server_or_a_domain_nothing_is_proven(domain: str, authserv_id: str | None) -> None:
    assert not proves([f"{OURS}; dmarc=pass header.from={domain}"], domain, authserv_id=authserv_id)


@given(st.text(st.sampled_from('abc.d;=/@"\\() \t\r\n1\u00e9\x00'), max_size=60))
def test_odd_headers_are_read_or_prove_nothing(said: str) -> None:
    assert not proves([f"{OURS}; {said}"], SCHOOL, authserv_id=OURS)


HOSTILE = ["dmarc=pass", "dkim=pass", f"header.from={SCHOOL}", f"header.d={SCHOOL}", OURS, ";", " ", '"', "\\", "(", ")", "\t"]


@given(st.lists(st.sampled_from(HOSTILE), max_size=20).map("".join))
def test_what_our_server_quotes_of_a_stranger_is_no_proof(said: str) -> None:
    """Servers quote addresses and reasons as strings or comments, with backslashes where they must (RFC 5322 3.2)."""
    escaped = "".join(f"\\{character}" if character in '"\\()' else character for character in said)
    for quoted in (f'reason="{escaped}"', f'smtp.mailfrom="{escaped}"@{SCHOOL}', f"({escaped})"):
        assert not proves([f"{OURS}; dkim=none {quoted}"], SCHOOL, authserv_id=OURS)
