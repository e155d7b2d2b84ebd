"""Three parsers that aren't ours read every letter as it went over SMTP: method, UID, SEQUENCE, instants, status, people, words."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.interop.correspondence import CASES, HOST, LINK, STUDENT, TITLE, Correspondence
from tests.interop.programs import ICAL_JS, LIBICAL, VOBJECT, Entry, Reading

Readings = dict[tuple[str, str], Reading]


@pytest.fixture(scope="module", params=[ICAL_JS, LIBICAL, VOBJECT], ids=lambda program: program.name)
def program(request: pytest.FixtureRequest) -> str:
    return str(request.param.name)


@pytest.fixture(scope="module")
def readings(program: str, correspondence: Correspondence) -> Readings:
    """What this program reads, all at once."""
    (reader,) = (one for one in (ICAL_JS, LIBICAL, VOBJECT) if one.name == program)
    keys = list(correspondence.letters)
    return dict(zip(keys, reader.read([correspondence.letters[key].ics or b"" for key in keys]), strict=True))


@pytest.mark.parametrize("case", CASES)
def test_each_letter_is_read_as_it_was_meant(case: str, readings: Readings, correspondence: Correspondence) -> None:
    for stage, _mail, seen in correspondence.of(case):
        reading = readings[case, stage]
        (entry,) = reading.entries
        assert (reading.trouble, reading.method) == ((), seen.method), stage
        assert (entry.starts_at, entry.ends_at) == (seen.starts_at, seen.ends_at), stage
        assert (entry.status, entry.transp) == (seen.status, "OPAQUE" if seen.is_busy else "TRANSPARENT"), stage
        assert seen.place in entry.location, stage
        (attendee,) = entry.attendees
        assert (attendee.address, attendee.partstat, attendee.rsvp) == (f"mailto:{CASES[case].reader}", seen.partstat, "TRUE"), stage


@pytest.mark.parametrize("case", CASES)
def test_each_revision_replaces_the_one_before(case: str, readings: Readings, correspondence: Correspondence) -> None:
    entries: list[Entry] = [readings[case, stage].entries[0] for stage, _mail, _seen in correspondence.of(case)]
    assert [entry.sequence for entry in entries] == list(range(len(entries)))
    for before, after in pairwise(entries):
        assert (before.uid, before.organizers[0].address) == (after.uid, after.organizers[0].address)


def test_awkward_names_come_out_as_they_were_typed(program: str, readings: Readings) -> None:
    (entry,) = readings["awkward names", "invited"].entries
    assert entry.summary == TITLE
    assert "Meet at: Door 2; “left”, then up" in entry.description.split("\n")
    quote = '"' if program == "ical.js" else "^'"  # libical 3.0 and vobject don't know RFC 6868
    assert entry.attendees[0].name == STUDENT.replace('"', quote)
    assert entry.organizers[0].name == f"{HOST} Lee via Outreach".replace('"', quote)


def test_the_link_to_join_is_there_as_a_link_and_in_words(program: str, readings: Readings) -> None:
    (entry,) = readings["online", "invited"].entries
    assert LINK in entry.description
    assert entry.conference == (LINK.partition(",")[0] if program == "vobject" else LINK)  # vobject cuts what it doesn't know at commas
