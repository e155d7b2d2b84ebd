"""Where what the doctor says turns from good to bad: the last value that is good, and the first that isn't."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import tzdata  # type: ignore[import-untyped]  # it has no stubs

from outreach.doctor import database_checks
from outreach.doctor.commands import _say, _summary
from outreach.doctor.dns_checks import are_aligned, dmarc_domains, judge_dmarc, judge_spf
from outreach.doctor.findings import Finding, Level, attention, fails, ok
from outreach.doctor.machine_checks import check_machine, check_settings
from outreach.doctor.mail_checks import _counted, check_mail
from outreach.settings import Settings
from tests.unit.test_doctor import NOW, about, production, verdicts

__all__ = ["production"]
OK, ATTENTION, FAILS = Level.OK, Level.ATTENTION, Level.FAILS
MADE_IN = int(tzdata.IANA_VERSION[:4])


def test_a_finding_says_how_it_stands_and_what_to_do() -> None:
    assert ok("It", "is fine") == Finding("It", OK, "is fine", "")
    assert attention("It", "is old", "Look.") == Finding("It", ATTENTION, "is old", "Look.")
    assert fails("It", "is gone", "Mend it.") == Finding("It", FAILS, "is gone", "Mend it.")


@pytest.mark.parametrize(
    ("failing", "looked_at", "said"),
    [
        (0, 0, "All is well."),
        (0, 2, "Nothing fails; 2 wanting attention."),
        (1, 0, "1 failing, 0 wanting attention."),
        (1, 2, "1 failing, 2 wanting attention."),
    ],
)
def test_the_last_line_counts_what_is_wrong(failing: int, looked_at: int, said: str) -> None:
    assert _summary(Counter({OK: 5, ATTENTION: looked_at, FAILS: failing})) == said


def test_advice_stands_on_a_line_of_its_own_where_there_is_any(capsys: pytest.CaptureFixture[str]) -> None:
    _say(ok("It", "is fine"))
    _say(fails("It", "is gone", "Mend it."))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines] == [["OK", "It", "is", "fine"], ["fails", "It", "is", "gone"], ["→", "Mend", "it."]]
    assert lines[0].index("is fine") == lines[1].index("is gone") == 27
    assert lines[2].index("→") == 27


# Settings.


@pytest.mark.parametrize(("different", "verdict"), [(15, FAILS), (16, OK), (17, OK)])
def test_a_secret_has_sixteen_different_characters(production: Settings, different: int, verdict: Level) -> None:
    key = ("abcdefghijklmnopqrstuvwxyz"[:different] * 10)[:40]
    found = about("Secret key", check_settings(replace(production, secret_key=key)))
    assert found.level is verdict
    assert ("40 characters" in found.text, f"{different} different" in found.text) == (verdict is OK, verdict is FAILS)


def test_a_demo_is_asked_less(production: Settings) -> None:
    demo = replace(production, mode="demo", base_url="http://127.0.0.1:8000", trusted_proxies=0)
    found = list(check_settings(demo))
    assert verdicts(found) == {"Mode": "OK", "Address": "OK", "Secret key": "OK"}
    assert (about("Mode", found).text, about("Address", found).text) == ("demo: the data is invented", "http://127.0.0.1:8000")
    found = list(check_settings(production))
    assert about("Mode", found).text == "production"
    assert about("Proxies", found).text == "1 in front"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_an_address_on_this_machine_leads_families_nowhere(production: Settings, host: str) -> None:
    found = about("Address", check_settings(replace(production, base_url=f"https://{host}:8000")))
    assert (found.level, "lead nowhere" in found.text) == (FAILS, True)
    found = about("Address", check_settings(replace(production, base_url=f"http://{host}:8000")))
    assert (found.level, "for all to read" in found.text) == (FAILS, True)


# The machine.


@pytest.mark.parametrize(("year", "verdict"), [(MADE_IN - 1, FAILS), (MADE_IN, OK), (MADE_IN + 15, OK), (MADE_IN + 16, FAILS)])
def test_the_clock_is_right_from_the_year_of_our_zone_data_for_fifteen_years(production: Settings, year: int, verdict: Level) -> None:
    found = about("Clock", check_machine(production, now=NOW.replace(year=year)))
    assert (found.level, f"{year}-03-01 09:00 UTC" in found.text) == (verdict, True)


@pytest.mark.parametrize(
    ("folder", "file", "verdict"), [(0o700, 0o644, OK), (0o701, 0o640, OK), (0o701, 0o604, FAILS), (0o704, 0o644, OK), (0o750, 0o666, OK)]
)
def test_folder_or_file_keeps_others_out(production: Settings, folder: int, file: int, verdict: Level) -> None:
    key = production.instance_path / "key"
    key.write_text("secret")
    key.chmod(file)
    production.instance_path.chmod(folder)
    assert about("Privacy", check_machine(production, now=NOW)).level is verdict
    production.instance_path.chmod(0o700)


def test_a_folder_inside_is_open_where_others_may_enter_it(production: Settings) -> None:
    letters = production.instance_path / "letters"
    letters.mkdir()
    production.instance_path.chmod(0o701)
    for mode, verdict in ((0o701, FAILS), (0o704, OK)):
        letters.chmod(mode)
        assert about("Privacy", check_machine(production, now=NOW)).level is verdict


def test_a_database_outside_our_folder_is_looked_at_too(production: Settings, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o755)
    database = elsewhere / "outreach.sqlite3"
    database.write_text("")
    database.chmod(0o644)
    inside = tmp_path / "inside"
    inside.mkdir(mode=0o700)
    for url, verdict in ((f"sqlite:///{database}", FAILS), ("postgresql+psycopg://us@/outreach", OK)):
        found = about("Privacy", check_machine(replace(production, instance_path=inside, database_url=url), now=NOW))
        assert found.level is verdict
    assert about("Privacy", check_machine(replace(production, database_url="sqlite:///gone.sqlite3"), now=NOW)).level is OK


# The inbox.


@pytest.mark.parametrize(
    ("waiting", "count", "verdict", "said"),
    [
        (0, 0, OK, "INBOX: 0 waiting"),
        (200, 200, OK, "INBOX: 200 waiting"),
        (201, 201, ATTENTION, "INBOX: 201 waiting"),
        (0, 1, ATTENTION, "INBOX: 0 waiting, 1 set aside"),
        (201, 203, ATTENTION, "INBOX: 201 waiting, 2 set aside"),
    ],
)
def test_an_inbox_of_more_than_two_hundred_or_with_flagged_messages_needs_a_look(
    waiting: int, count: int, verdict: Level, said: str
) -> None:
    found = _counted("INBOX", waiting=waiting, count=count)
    assert (found.level, found.text) == (verdict, said)
    assert ("worker" in found.advice, "flagged" in found.advice) == (waiting > 200, waiting <= 200 and count > waiting)


# The database's clock.


@pytest.mark.parametrize(
    ("skew", "verdict"),
    [(timedelta(seconds=5), OK), (timedelta(seconds=-5), OK), (timedelta(seconds=6), ATTENTION), (timedelta(seconds=-6), ATTENTION)],
)
def test_a_database_may_be_five_seconds_off(skew: timedelta, verdict: Level, monkeypatch: pytest.MonkeyPatch) -> None:
    class Elsewhere:
        """Answers the one question."""

        def scalar(self, _question: object) -> object:
            return NOW + skew

    monkeypatch.setattr(database_checks, "is_sqlite", lambda _connection: False)
    found = database_checks._clock(Elsewhere(), lambda: NOW)  # type: ignore[arg-type]  # only `scalar` is asked for
    assert (found.level, "6 seconds away" in found.text) == (verdict, verdict is ATTENTION)


# The DNS.


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ([], "doesn't say which servers"),
        (["v=spf1 a", "V=SPF1 mx"], "has 2 records"),
        (["v=spf1 -all"], "nobody sends for it"),
        (["V=SPF1 -ALL"], "nobody sends for it"),
        (["v=spf1 a +ALL"], "everybody may send for it"),
        (["v=spf1"], "school.org says v=spf1"),
        (["v=spf1 a -all"], "school.org says v=spf1 a -all"),
        (["v=spf1 a ~all"], "school.org says v=spf1 a ~all"),
    ],
)
def test_what_is_said_of_spf(records: list[str], words: str) -> None:
    assert words in judge_spf("school.org", ["other", *records]).text


@pytest.mark.parametrize(
    ("place", "record", "verdict"),
    [
        ("a.school.org", "v=DMARC1;p=none", ATTENTION),
        ("school.org", "v=DMARC1; p=reject", OK),
        ("school.org", "v=DMARC1; p=none", ATTENTION),
        ("school.org", "V=dmarc1 ; P = Reject ; SP = None", ATTENTION),
        ("a.school.org", "v=DMARC1; p=reject; sp=none", OK),
        ("a.school.org", "v=DMARC1; nonsense; p=reject", OK),
    ],
)
def test_the_policy_of_the_domain_or_of_that_above_counts(place: str, record: str, verdict: Level) -> None:
    found = judge_dmarc("a.school.org", place, [record])
    assert (found.level, f"_dmarc.{place}" in found.text) == (verdict, True)


def test_the_top_of_a_domain_is_not_asked() -> None:
    assert list(dmarc_domains("org")) == []
    assert list(dmarc_domains("school.org")) == ["school.org"]
    assert list(dmarc_domains("a.School.ac.uk")) == ["a.School.ac.uk", "School.ac.uk"]


@pytest.mark.parametrize(
    ("one", "other", "aligned"),
    [
        ("a.abc.uk", "b.abc.uk", True),
        ("a.abcd.uk", "b.abcd.uk", True),
        ("a.x.ac.uk", "b.x.ac.uk", True),
        ("org", "school.org", False),
        ("ac.uk", "AC.uk", True),
        ("a.github.io", "b.github.io", False),
        ("school.org", "school.net", False),
        ("x.school.org", "x.other.org", False),
    ],
)
def test_how_much_two_domains_must_share(one: str, other: str, *, aligned: bool) -> None:
    assert are_aligned(one, other) is are_aligned(other, one) is aligned


# The mail server.


def test_without_a_mail_server_letters_are_kept_here(production: Settings) -> None:
    demo = replace(production, mode="demo", mail_server=None, reply_address="rsvp+{token}@outreach.example")
    found = list(check_mail(demo))
    assert verdicts(found) == {"Mail server": "OK", "Reply address": "OK"}
    assert "e-mails are kept in" in about("Mail server", found).text


@pytest.mark.parametrize(("username", "password", "is_half"), [(None, None, False), ("us", None, True), (None, "hush", True)])
def test_half_a_sign_in_is_said_and_the_other_half_never(
    production: Settings, username: str | None, password: str | None, *, is_half: bool
) -> None:
    found = list(check_mail(replace(production, mail_port=1, mail_username=username, mail_password=password)))
    assert ("Mail sign-in" in verdicts(found)) is is_half
    assert "hush" not in "".join(finding.text + finding.advice for finding in found)
