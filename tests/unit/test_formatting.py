"""Words for dates and times: on every page and in every letter the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask_babel import force_locale

from outreach.web import formatting

pytestmark = pytest.mark.usefixtures("in_small_app")

AT = datetime(2027, 3, 18, 14, 0)
MINUS = "\N{MINUS SIGN}"


def test_a_day_is_written_out_and_a_clock_has_two_digits_for_each() -> None:
    assert formatting.day(AT) == "Thursday 18 March 2027"
    assert formatting.short_day(AT) == "Thursday 18 March"
    assert formatting.day_parts(AT) == ("Thu", "18", "Mar")
    assert formatting.clock_time(datetime(2027, 3, 18, 9, 5)) == "09:05"


def test_the_language_of_the_reader_is_used_unless_another_is_named() -> None:
    assert (formatting.locale(), formatting.day(AT, "fr")) == ("en", "jeudi 18 mars 2027")
    with force_locale("fr"):
        assert formatting.locale() == "fr"
        assert formatting.day(AT) == "jeudi 18 mars 2027"
        assert formatting.short_day(AT) == "jeu. 18 mars"
        assert formatting.day_parts(AT) == ("jeu.", "18", "mars")
        assert formatting.moment(AT.replace(tzinfo=UTC), "Europe/London", "en") == "Thursday 18 March 2027, 14:00 (London, UTC)"
        assert formatting.short_moment(AT.replace(tzinfo=UTC), "Europe/London", "en") == "Thu 18 Mar, 14:00"
        assert formatting.when(AT, AT, "Europe/London", language="en") == "Thursday 18 March 2027, 14:00 to 14:00 (London, UTC)"
    assert formatting.day(AT, "en_GB") == "Thursday 18 March 2027"
    assert formatting.short_day(AT, "en_GB") == "Thursday 18 March"


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        (datetime(2027, 3, 18, 16, 30), "14:00 to 16:30"),
        (datetime(2027, 3, 18, 23, 59), "14:00 to 23:59"),
        (datetime(2027, 3, 19, 0, 0), "14:00 to Friday 19 March 2027, 00:00"),
    ],
)
def test_an_end_on_another_day_says_which(ends: datetime, said: str) -> None:
    assert formatting.span(AT, ends) == said


@pytest.mark.parametrize(
    ("wall", "zone", "fold", "said"),
    [
        (AT, "America/New_York", 0, f"New York, UTC{MINUS}4"),
        (datetime(2027, 1, 18, 14), "America/New_York", 0, f"New York, UTC{MINUS}5"),
        (AT, "Europe/London", 0, "London, UTC"),
        (datetime(2027, 7, 1, 14), "Europe/London", 0, "London, UTC+1"),
        (AT, "Asia/Kolkata", 0, "Kolkata, UTC+5:30"),
        (AT, "America/St_Johns", 0, f"St. John’s, UTC{MINUS}2:30"),
        (datetime(2027, 1, 1), "America/St_Johns", 0, f"St. John’s, UTC{MINUS}3:30"),
        (AT, "Asia/Kathmandu", 0, "Kathmandu, UTC+5:45"),
        (datetime(2027, 10, 31, 1, 15), "Europe/London", 0, "London, UTC+1"),
        (datetime(2027, 10, 31, 1, 15), "Europe/London", 1, "London, UTC"),
        (AT, "UTC", 0, "UTC, UTC"),
    ],
)
def test_a_zone_is_named_by_its_place_and_its_offset_at_that_time(wall: datetime, zone: str, fold: int, said: str) -> None:
    assert formatting.zone_words(wall, zone, fold) == said
    assert formatting.when(wall, wall + timedelta(minutes=10), zone, fold).endswith(f" ({said})")


def test_a_place_is_named_without_its_continent() -> None:
    assert (formatting.city("America/New_York"), formatting.city("UTC")) == ("New York", "UTC")


def test_a_moment_is_told_on_the_clock_of_its_zone() -> None:
    at = datetime(2027, 10, 31, 1, 15, tzinfo=UTC)
    assert formatting.moment(at, "Europe/London") == "Sunday 31 October 2027, 01:15 (London, UTC)"
    assert formatting.moment(at - timedelta(hours=1), "Europe/London") == "Sunday 31 October 2027, 01:15 (London, UTC+1)"
    assert formatting.moment(at, "America/New_York") == f"Saturday 30 October 2027, 21:15 (New York, UTC{MINUS}4)"
    assert formatting.short_moment(at, "America/New_York") == "Sat 30 Oct, 21:15"


def test_what_a_clinician_writes_becomes_safe_html() -> None:
    written = (
        "**Bold** [here](https://x.example) <script>alert(1)</script>\n\n- one\n\n![](https://x.example/a.png) [no](javascript:alert(1))"
    )
    html = str(formatting.markdown(written))
    assert "<strong>Bold</strong>" in html
    assert '<a href="https://x.example" rel="noopener nofollow">here</a>' in html
    assert "<li>one</li>" in html
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html
