"""What the doctor says of our domain's SPF, DKIM and DMARC."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import dns.rcode
import dns.resolver
import pytest

from outreach.doctor.dns_checks import NoAnswer, are_aligned, check_dns, dmarc_domains, judge_dkim, judge_dmarc, judge_spf, txt_records
from outreach.doctor.findings import Finding, Level
from outreach.settings import Settings
from outreach.settings.dkim_key import key_of
from tests.support.dns_server import name_server
from tests.support.letter_cases import SETTINGS

KEYS = Path(__file__).parent.parent / "support" / "keys"
KEY, OTHER = (key_of((KEYS / name).read_bytes()) for name in ("dkim.pem", "dkim_other.pem"))
HOME = "outreach.school.org"
PRODUCTION = replace(
    SETTINGS,
    mode="production",
    mail_server="127.0.0.1",
    reply_address=f"rsvp+{{token}}@{HOME}",
    dkim_selector="spring2027",
    dkim_key_file=KEYS / "dkim.pem",
)
GOOD = {
    HOME: ["v=spf1 mx -all", "some-site-verification=1"],
    f"spring2027._domainkey.{HOME}": [KEY.record],
    f"_dmarc.{HOME}": ["v=DMARC1; p=quarantine; rua=mailto:post@school.org"],
}
OK, ATTENTION, FAILS = Level.OK, Level.ATTENTION, Level.FAILS


def asked(records: dict[str, list[str]], settings: Settings = PRODUCTION, **server: Any) -> dict[str, Finding]:
    with name_server(records, **server) as resolver:
        return {finding.subject: finding for finding in check_dns(settings, ask=partial(txt_records, resolver=resolver))}


def verdicts(found: dict[str, Finding]) -> dict[str, Level]:
    return {subject: finding.level for subject, finding in found.items()}


def test_a_domain_that_says_all_is_well() -> None:
    assert verdicts(asked(GOOD)) == {"SPF": OK, "DKIM": OK, "DMARC": OK}


def test_a_domain_that_says_nothing_is_told_what_to_publish() -> None:
    found = asked({})
    assert verdicts(found) == {"SPF": ATTENTION, "DKIM": ATTENTION, "DMARC": ATTENTION}
    assert found["DKIM"].advice == f"Publish a TXT record at spring2027._domainkey.{HOME}: {KEY.record}"
    assert "v=spf1" in found["SPF"].advice
    assert f"_dmarc.{HOME}" in found["DMARC"].advice


def test_without_a_key_of_ours_the_mail_server_must_sign() -> None:
    found = asked(GOOD, replace(PRODUCTION, dkim_selector=None, dkim_key_file=None))["DKIM"]
    assert (found.level, "the mail server must" in found.text) == (OK, True)


def test_a_record_above_speaks_for_the_domains_below() -> None:
    assert asked(GOOD | {f"_dmarc.{HOME}": [], "_dmarc.school.org": ["v=DMARC1; p=reject"]})["DMARC"].level is OK


def test_a_name_server_that_is_ill_is_a_note_and_not_a_failure() -> None:
    found = asked(GOOD, rcode=dns.rcode.SERVFAIL)
    assert verdicts(found) == {"DNS": ATTENTION}
    assert f"dig TXT _dmarc.{HOME}" in found["DNS"].advice


def test_a_name_server_that_is_silent_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []

    def silent(name: str) -> list[str]:
        names.append(name)
        raise NoAnswer

    assert [finding.subject for finding in check_dns(PRODUCTION, ask=silent)] == ["DNS"]
    assert names == [HOME]
    monkeypatch.setattr(dns.resolver, "Resolver", partial(dns.resolver.Resolver, filename="/nowhere"))
    with pytest.raises(NoAnswer):
        txt_records(HOME)


@pytest.mark.parametrize(
    "change",
    [{"mode": "demo", "mail_server": None}, *({"reply_address": f"r+{{token}}@{name}"} for name in ("outreach.example", "localhost"))],
)
def test_nobody_is_asked_about_a_domain_that_exists_nowhere(change: dict[str, Any]) -> None:
    def refuse(_name: str) -> list[str]:
        raise AssertionError("asked")

    assert list(check_dns(replace(PRODUCTION, **change), ask=refuse)) == []


def test_spf_is_looked_for_where_bounces_go_and_must_speak_for_the_same_house() -> None:
    elsewhere = replace(PRODUCTION, bounce_address="b+{token}@bulkmail.net")
    found = asked(GOOD | {"bulkmail.net": ["v=spf1 a -all"]}, elsewhere)
    assert verdicts(found) == {"Bounce address": ATTENTION, "SPF": OK, "DKIM": OK, "DMARC": OK}
    assert "bulkmail.net says v=spf1 a -all" in found["SPF"].text
    assert "Bounce address" not in asked(GOOD, replace(PRODUCTION, bounce_address="b+{token}@bounces.school.org"))


@pytest.mark.parametrize(
    ("records", "verdict"),
    [
        ([], ATTENTION),
        (["v=spf10 mx"], ATTENTION),
        (["V=SPF1 include:_spf.mail.org ~all"], OK),
        (["v=spf1 mx", "v=spf1 a -all"], FAILS),
        (["v=spf1 -all"], FAILS),
        (["v=spf1 mx +all"], ATTENTION),
        (["v=spf1 mx all"], ATTENTION),
    ],
)
def test_spf_is_judged(records: list[str], verdict: Level) -> None:
    assert judge_spf(HOME, records).level is verdict


@pytest.mark.parametrize(
    ("records", "verdict"),
    [
        ([KEY.record], OK),
        ([f"{KEY.record}; t=s"], OK),
        ([OTHER.record], FAILS),
        (["v=DKIM1; p="], FAILS),
        (["gibberish"], FAILS),
        ([], ATTENTION),
    ],
)
def test_dkim_is_judged(records: list[str], verdict: Level) -> None:
    assert judge_dkim("spring2027._domainkey.school.org", KEY, records).level is verdict


@pytest.mark.parametrize(
    ("place", "records", "verdict"),
    [
        (HOME, ["v=DMARC1; p=reject"], OK),
        (HOME, ["v=DMARC1;p=quarantine;pct=50"], OK),
        (HOME, ["v=DMARC1; p=none; rua=mailto:a@school.org"], ATTENTION),
        (HOME, ["v=DMARC1; rua=mailto:a@school.org"], ATTENTION),
        (HOME, ["v=DMARC1; p=reject", "v=DMARC1; p=none"], ATTENTION),
        ("school.org", ["v=DMARC1; p=reject; sp=none"], ATTENTION),
        ("school.org", ["v=DMARC1; p=none; sp=reject"], OK),
        (HOME, ["v=spf1 -all"], ATTENTION),
    ],
)
def test_dmarc_is_judged(place: str, records: list[str], verdict: Level) -> None:
    assert judge_dmarc(HOME, place, records).level is verdict


def test_the_domain_itself_is_asked_before_those_above() -> None:
    assert list(dmarc_domains("a.b.school.org")) == ["a.b.school.org", "b.school.org", "school.org"]


@pytest.mark.parametrize(
    ("one", "other", "aligned"),
    [
        ("school.org", "school.org", True),
        ("School.org", "bounces.school.ORG", True),
        ("a.school.org", "b.school.org", True),
        ("a.trust.nhs.uk", "b.trust.nhs.uk", True),
        ("a.ac.uk", "b.ac.uk", False),
        ("school.org", "other.org", False),
    ],
)
def test_two_domains_of_one_house_are_aligned(one: str, other: str, *, aligned: bool) -> None:
    assert are_aligned(one, other) == are_aligned(other, one) == aligned
