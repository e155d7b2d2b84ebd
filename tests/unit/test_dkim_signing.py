"""What our domain signs is what left, and whoever asks the DNS can see it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import dkim
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach import letters
from outreach.mail import dkim_signing
from outreach.mail.dkim_signing import Signer
from outreach.models import Letter
from outreach.runtime.worker import render_for
from outreach.settings import Settings, SettingsError, read_settings
from outreach.settings.dkim_key import key_of
from tests.support.letter_cases import CASES, SETTINGS, WRITTEN

KEYS = Path(__file__).parent.parent / "support" / "keys"
KEY, OTHER = key_of((KEYS / "dkim.pem").read_bytes()), key_of((KEYS / "dkim_other.pem").read_bytes())
WITH_KEY = replace(SETTINGS, mode="production", mail_server="127.0.0.1", dkim_selector="spring2027", dkim_key_file=KEYS / "dkim.pem")
REMINDER = CASES["reminder-1-day-guardian"]
DAY = timedelta(days=1)
SHORT = b"""-----BEGIN PRIVATE KEY-----
MIIBVgIBADANBgkqhkiG9w0BAQEFAASCAUAwggE8AgEAAkEA2gG+MTJGWNEoGkHc
1VbjpwJWC44mwW63z4KGand5xS6Qsth2r2vmqG1IY5e5B2nAE56zhwtu2e1sr2zu
Jc6u3QIDAQABAkEAlBTC/9/KcOIBf3RlcHRIxlSL5eV05cczC7z5WLA3AnvRlo/l
34sxOpLwzIYwelp5H+wZjogzVtrw1uoTGz9e8QIhAPWw+pbeIeSaio0ph7TpkBzH
+ineIWWjVD/ynNYpStTXAiEA4ydmJC+Ay/DsiMLpu78D1AxJF6o8/zZg0bommKJl
72sCIC+rwzN6rkDY64EwSbCEkP3En3l4LCq4YiR2QpAbOvXJAiEA1se3FXnxD2Sj
UoDx3jqzlPl01zJ5cFrrWwLnYaUUOzcCIQC1ufAcOyCJDg/vO4ZXP7olaFA5pBmS
wekecT/XAI7Hjg==
-----END PRIVATE KEY-----
"""


@pytest.fixture(autouse=True)
def _it_is_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """dkimpy reads the machine's clock, and believes nothing signed in the future."""
    monkeypatch.setattr("time.time", (WRITTEN + 60 * DAY).timestamp)


def signed(letter: Letter = REMINDER, settings: Settings = WITH_KEY) -> bytes:
    return render_for(settings)(letter)


def holds(message: bytes, *, published: str | None = KEY.record) -> bool:
    """Say what a mail server that checks it says, with this record in the DNS."""

    def ask(name: bytes, timeout: int = 5) -> bytes | None:
        assert (name, timeout) == (b"spring2027._domainkey.outreach.example.", 5)
        return published.encode() if published else None

    try:
        return bool(dkim.verify(message, dnsfunc=ask))
    except dkim.DKIMException:
        return False


@pytest.mark.parametrize("case", ["reminder-1-day-guardian", "case-awkward-name", "cancelled-student", "account-reset", "roster"])
def test_a_signed_letter_is_believed(case: str) -> None:
    assert holds(signed(CASES[case]))


def test_the_letter_itself_stays_as_it_was() -> None:
    head, written, _nothing = signed().partition(letters.render(REMINDER, settings=SETTINGS))
    assert written
    assert head.startswith(b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=outreach.example;")
    assert max(map(len, head.split(b"\r\n"))) <= 78


def test_what_mail_programs_act_upon_is_signed_once_more_than_it_is_there() -> None:
    tags = re.sub(r"\s", "", message_from_bytes(signed())["DKIM-Signature"])
    names = re.search(r";h=([^;]+);", tags)
    assert names is not None
    assert names[1].split(":") == [*dkim_signing.SIGNED, *dkim_signing.SIGNED]


@pytest.mark.parametrize("name", dkim_signing.SIGNED)
def test_no_second_header_can_be_put_above_the_signed_one(name: str) -> None:
    assert not holds(f"{name}: mallory@else.example\r\n".encode() + signed())


def test_every_try_gives_the_same_bytes_whenever_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    first = signed()
    monkeypatch.setattr("time.time", (WRITTEN + 90 * DAY).timestamp)
    assert signed() == first
    assert re.search(rb"\bt=(\d+);", first)[1] == str(int(REMINDER.created_at.timestamp())).encode()  # type: ignore[index]  # it is there


SIGNED_BYTES = signed(CASES["account-reset"])
UNSIGNED = re.compile(rb"^(Auto-Submitted|X-Auto-Response-Suppress):.*\r\n", re.MULTILINE)
FREE = {place for found in UNSIGNED.finditer(SIGNED_BYTES) for place in range(*found.span())}
# Blanks may be folded on the way: relaxed.
PLACES = [place for place, byte in enumerate(SIGNED_BYTES) if not bytes([byte]).isspace() and place not in FREE]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PLACES[PLACES.index(SIGNED_BYTES.index(b"\r\nFrom: ") + 2) :]))
def test_one_changed_byte_and_nobody_believes_it(place: int) -> None:
    assert not holds(SIGNED_BYTES[:place] + bytes([SIGNED_BYTES[place] ^ 1]) + SIGNED_BYTES[place + 1 :])


@pytest.mark.parametrize("published", [OTHER.record, None, "v=DKIM1; k=rsa; p=", "nonsense"])
def test_a_key_our_domain_does_not_publish_convinces_nobody(published: str | None) -> None:
    assert not holds(signed(), published=published)


def test_a_demo_signs_nothing_and_neither_does_a_service_without_a_key() -> None:
    assert Signer.of(WITH_KEY) == Signer(domain="outreach.example", selector="spring2027", key=KEY)
    for unsigned in (replace(WITH_KEY, mode="demo", mail_server=None), replace(WITH_KEY, dkim_selector=None, dkim_key_file=None)):
        assert signed(settings=unsigned) == letters.render(REMINDER, settings=unsigned)


def test_a_record_holds_the_key_it_was_made_of_and_no_other() -> None:
    assert KEY.is_published_by(KEY.record)
    assert OTHER.is_published_by(OTHER.record.replace("k=rsa; ", ""))
    assert not KEY.is_published_by(OTHER.record)


@pytest.mark.parametrize(
    "record", ["", "v=DKIM1; p=", "v=DKIM1; p=%%%", "v=DKIM1; p=AAAA", "v=DKIM1; k=ed25519; p=11qY", "v=spf1 -all", "p"]
)
def test_a_record_that_holds_no_key_is_not_ours(record: str) -> None:
    assert not KEY.is_published_by(record)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "can't be read: No such file or directory."),
        (b"", "must be a private RSA key in PEM"),
        (b"nonsense" * 99, "must be a private RSA key in PEM"),
        (b"-----BEGIN PRIVATE KEY-----\n%%%\n-----END PRIVATE KEY-----\n", "must be a private RSA key in PEM"),
        (b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n", "must be a private RSA key in PEM"),
        (b"-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSA==\n-----END PUBLIC KEY-----\n", "must be a private RSA key in PEM"),
        ((KEYS / "dkim.pem").read_bytes().replace(b"MII", b"MIH"), "must be a private RSA key in PEM"),
        (SHORT, "holds a key of 512 bits; it must have at least 1024."),
    ],
)
def test_a_bad_key_is_refused_at_the_start_in_words(content: bytes | None, complaint: str, tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    if content is not None:
        file.write_bytes(content)
    given = {"MODE": "demo", "INSTANCE_PATH": str(tmp_path), "DKIM_SELECTOR": "spring2027", "DKIM_KEY_FILE": str(file)}
    with pytest.raises(SettingsError, match="DKIM_KEY_FILE") as refused:
        read_settings({f"OUTREACH_{name}": value for name, value in given.items()})
    assert f"OUTREACH_DKIM_KEY_FILE {complaint}" in str(refused.value)


@pytest.mark.parametrize(("alone", "missing"), [("DKIM_SELECTOR", "DKIM_KEY_FILE"), ("DKIM_KEY_FILE", "DKIM_SELECTOR")])
def test_selector_and_key_belong_together(alone: str, missing: str, tmp_path: Path) -> None:
    given = {"MODE": "demo", "INSTANCE_PATH": str(tmp_path), alone: {"DKIM_SELECTOR": "x"}.get(alone, str(KEYS / "dkim.pem"))}
    with pytest.raises(SettingsError, match=f"OUTREACH_{missing} is missing"):
        read_settings({f"OUTREACH_{name}": value for name, value in given.items()})
