"""Letters in memory with fixed keys, tokens and moments: one for each kind and reader, and the awkward cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from outreach.models import Letter, LetterKind, Mailbox
from outreach.models.snapshots import (
    AccountSnapshot,
    ApplicationSnapshot,
    BlockedDomainSnapshot,
    Cause,
    EntrySnapshot,
    JobSnapshot,
    LetterSnapshot,
    MessageAnswerSnapshot,
    ProposalSnapshot,
    Reader,
    SessionSnapshot,
    StudentSnapshot,
)
from outreach.settings import Settings
from outreach.time import instant

WRITTEN = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
UID = "7f3c1f6e-5a41-4f0e-9a57-0d2f6a1b9c33@outreach.example"
SETTINGS = Settings(
    mode="demo",
    database_url="sqlite://",
    secret_key="a secret key that only tests ever see, long enough",
    base_url="https://outreach.example",
    reply_address="rsvp+{token}@outreach.example",
    instance_path=Path("/nowhere"),
)
NOBODY: tuple[StudentSnapshot, ...] = ()


def workshop(starts_wall: datetime = datetime(2027, 3, 18, 14, 0), *, minutes: int = 120, **facts: Any) -> SessionSnapshot:
    """Give a workshop in New York."""
    ends_wall, zone, fold = starts_wall + timedelta(minutes=minutes), facts.get("zone", "America/New_York"), facts.get("fold", 0)
    defaults: dict[str, Any] = {
        "id": 42,
        "title": "Power of a Stitch",
        "format_key": "stitch_workshop",
        "format_name": "Stitch workshop",
        "host_name": "Dr Sam Lee",
        "zone": zone,
        "fold": fold,
        "starts_wall": starts_wall,
        "ends_wall": ends_wall,
        "starts_at": instant(starts_wall, zone, fold),
        "ends_at": instant(ends_wall, zone, fold),
        "site_name": "Harbor Hospital",
        "area_name": "Skills lab",
        "address": "1 Main Street\nNew York",
        "meeting_point": "Main entrance",
        "bring": "Long hair tied back\nClosed shoes",
        "wear": "Short sleeves",
        "kit": "Needle holder, forceps, scissors, pad",
    }
    return SessionSnapshot(**defaults | facts)


def online(starts_wall: datetime = datetime(2027, 3, 18, 17, 0), **facts: Any) -> SessionSnapshot:
    """Give an online session: no site, a link."""
    defaults: dict[str, Any] = {
        "title": "Ask a surgeon",
        "format_key": "online_qa",
        "format_name": "Online Q&A",
        "site_name": "",
        "area_name": "",
        "address": "",
        "meeting_point": "",
        "bring": "Your questions",
        "wear": "",
        "kit": "",
        "video_url": "https://video.example/r/k3f9?pwd=aB1&x=2",
    }
    return workshop(starts_wall, **defaults | facts)


def student(given_name: str = "Ana", registration_id: int = 1, *, place: int | None = None, **facts: Any) -> StudentSnapshot:
    """Give a student as their family knows them."""
    return StudentSnapshot(registration_id=registration_id, given_name=given_name, place_in_queue=place, **facts)


def entry(sequence: int = 0, *, is_first: bool = False, is_transparent: bool = False, answer: str = "needs_action") -> EntrySnapshot:
    """Give the calendar entry a letter carries."""
    return EntrySnapshot(
        uid=UID,
        sequence=sequence,
        is_first=is_first,
        is_transparent=is_transparent,
        answer=answer,
        created_at=WRITTEN - timedelta(days=sequence),
        changed_at=WRITTEN,
    )


def facts(reader: Reader, cause: Cause, **more: Any) -> LetterSnapshot:
    """Give facts of a letter about the workshop, greeting the reader by a fitting name."""
    greeted = {
        Reader.STUDENT: "Ana",
        Reader.GUARDIAN: "Maria",
        Reader.TEACHER: "Robin Smith",
        Reader.HOST: "Sam",
        Reader.COORDINATOR: "Ruth",
    }
    known: dict[str, Any] = {"reader": reader, "reader_name": greeted[reader], "cause": cause, "session": workshop()}
    return LetterSnapshot(**known | more)


def letter(
    kind: LetterKind,
    about: LetterSnapshot | AccountSnapshot | ApplicationSnapshot | BlockedDomainSnapshot | MessageAnswerSnapshot | JobSnapshot,
    *,
    written_at: datetime = WRITTEN,
    locale: str = "en",
) -> Letter:
    """Give the letter's row as the worker finds it."""
    mailbox = Mailbox(id=7, address="reader@family.example", token="abcdefghijklmnop", locale=locale, link_version=1)
    return Letter(
        key="0123456789abcdef0123456789abcdef", mailbox=mailbox, kind=kind, locale=locale, facts=about.to_json(), created_at=written_at
    )


def _calendar_letters() -> Iterator[tuple[str, Letter]]:
    ana, ben = student(), student("Ben", 2)
    first = entry(is_first=True)
    guardians = entry(is_first=True, is_transparent=True)
    earlier, elsewhere = workshop(datetime(2027, 3, 11, 10, 0)), workshop(site_name="City Hospital", area_name="", address="2 Park Lane")
    registered, moved, cancelled = Cause.REGISTERED, Cause.MOVED, Cause.CANCELLED
    off = workshop(is_cancelled=True, cancel_reason="The theatre is needed for an emergency list.\nWe are looking for a new date.")

    def about(kind: LetterKind, reader: Reader, cause: Cause, **more: Any) -> Letter:
        return letter(kind, facts(reader, cause, **more))

    invitation, promoted, updated = LetterKind.INVITATION, LetterKind.PROMOTED, LetterKind.UPDATED
    yield "invitation-student", about(invitation, Reader.STUDENT, registered, seated=(ana,), entry=first)
    yield "invitation-guardian", about(invitation, Reader.GUARDIAN, registered, seated=(ana,), entry=guardians)
    frees = workshop(frees_declined_seats=True)
    yield "invitation-guardian-a-no-frees", about(invitation, Reader.GUARDIAN, registered, seated=(ana,), session=frees, entry=guardians)
    yield "invitation-siblings", about(invitation, Reader.GUARDIAN, registered, seated=(ana, ben), reader_name="", entry=guardians)
    yield "invitation-teacher", about(invitation, Reader.TEACHER, registered, entry=first)
    yield "invitation-teacher-and-parent", about(invitation, Reader.TEACHER, registered, seated=(ana,), entry=first)
    yield "invitation-host", about(invitation, Reader.HOST, Cause.PUBLISHED, entry=first)
    yield (
        "invitation-address-corrected",
        about(invitation, Reader.GUARDIAN, Cause.ADDRESS, seated=(ana,), entry=replace(guardians, sequence=1)),
    )
    yield "promoted-student", about(promoted, Reader.STUDENT, Cause.PROMOTED, seated=(ana,), entry=first)
    yield "promoted-guardian", about(promoted, Reader.GUARDIAN, Cause.PROMOTED, seated=(ana,), entry=guardians)
    yield "promoted-teacher", about(promoted, Reader.TEACHER, Cause.PROMOTED, entry=first)
    yield "updated-time-student", about(updated, Reader.STUDENT, moved, was=earlier, seated=(ana,), entry=entry(1))
    yield (
        "updated-place-guardian",
        about(updated, Reader.GUARDIAN, moved, was=elsewhere, seated=(ana,), entry=entry(1, is_transparent=True)),
    )
    both = workshop(datetime(2027, 3, 11, 10, 0), site_name="City Hospital", title="Power of Stitches", bring="")
    yield "updated-all-teacher", about(updated, Reader.TEACHER, moved, was=both, entry=entry(2))
    yield "updated-time-host", about(updated, Reader.HOST, moved, was=earlier, entry=entry(1))
    yield "updated-waiting-guardian", about(updated, Reader.GUARDIAN, moved, was=earlier, waiting=(student(place=3),))
    yield (
        "updated-sibling-left",
        about(updated, Reader.GUARDIAN, Cause.WITHDRAWN, seated=(ana,), gone=(ben,), entry=entry(1, answer="accepted")),
    )
    yield "updated-sibling-joined", about(updated, Reader.GUARDIAN, registered, seated=(ana, ben), entry=entry(1, answer="accepted"))
    yield (
        "cancelled-student",
        about(LetterKind.CANCELLED, Reader.STUDENT, cancelled, session=off, reason=off.cancel_reason, seated=(ana,), entry=entry(1)),
    )
    yield (
        "cancelled-guardian",
        about(
            LetterKind.CANCELLED,
            Reader.GUARDIAN,
            cancelled,
            session=off,
            reason=off.cancel_reason,
            seated=(ana,),
            entry=entry(1, is_transparent=True),
        ),
    )
    yield "cancelled-teacher", about(LetterKind.CANCELLED, Reader.TEACHER, cancelled, session=off, reason=off.cancel_reason, entry=entry(1))
    yield "cancelled-host", about(LetterKind.CANCELLED, Reader.HOST, cancelled, session=off, reason=off.cancel_reason, entry=entry(1))
    yield (
        "cancelled-waiting",
        about(LetterKind.CANCELLED, Reader.GUARDIAN, cancelled, session=off, reason=off.cancel_reason, waiting=(student(place=3),)),
    )
    yield "removed-withdrawn-student", about(LetterKind.REMOVED, Reader.STUDENT, Cause.WITHDRAWN, gone=(ana,), entry=entry(1))
    yield (
        "removed-withdrawn-guardian",
        about(LetterKind.REMOVED, Reader.GUARDIAN, Cause.WITHDRAWN, gone=(ana,), entry=entry(1, is_transparent=True)),
    )
    yield (
        "removed-by-host-guardian",
        about(LetterKind.REMOVED, Reader.GUARDIAN, Cause.REMOVED, gone=(ana,), reason="Too few supervisors that day.", entry=entry(1)),
    )
    yield "removed-address", about(LetterKind.REMOVED, Reader.GUARDIAN, Cause.ADDRESS, gone=(ana,), reader_name="", entry=entry(1))
    yield "removed-of-age", about(LetterKind.REMOVED, Reader.GUARDIAN, Cause.AGE, entry=entry(1, is_transparent=True))
    yield "removed-declined-guardian", about(LetterKind.REMOVED, Reader.GUARDIAN, Cause.DECLINED, gone=(ana,), entry=entry(1))
    yield "removed-teacher", about(LetterKind.REMOVED, Reader.TEACHER, Cause.WITHDRAWN, entry=entry(1))
    yield "removed-host", about(LetterKind.REMOVED, Reader.HOST, Cause.PUBLISHED, entry=entry(1))
    yield "removed-waiting-guardian", about(LetterKind.REMOVED, Reader.GUARDIAN, Cause.WITHDRAWN, gone=(ana,))


def _what_stays() -> Iterator[tuple[str, Letter]]:
    """Words that are new, and clocks that have new rules: time and place stay."""
    ana, hour = student(), timedelta(hours=1)
    afternoon = workshop(datetime(2028, 1, 14, 14, 0), zone="America/Vancouver")
    call = online(datetime(2028, 1, 14, 14, 0), zone="America/Vancouver")

    def about(reader: Reader, cause: Cause, answer: str = "accepted", **more: Any) -> Letter:
        as_shown = entry(2, answer=answer, is_transparent=reader is Reader.GUARDIAN)
        return letter(LetterKind.UPDATED, facts(reader, cause, entry=as_shown, **more))

    yield "updated-words-student", about(Reader.STUDENT, Cause.WORDING, was=workshop(title="Stitching", bring=""), seated=(ana,))
    yield (
        "updated-words-guardian",
        about(Reader.GUARDIAN, Cause.WORDING, "needs_action", was=workshop(host_name="Dr Kim Ng"), has_new_description=True, seated=(ana,)),
    )
    yield "updated-words-teacher", about(Reader.TEACHER, Cause.WORDING, has_new_description=True)
    yield (
        "updated-zone-guardian",
        about(
            Reader.GUARDIAN,
            Cause.ZONE,
            session=afternoon,
            was=replace(afternoon, starts_at=afternoon.starts_at + hour, ends_at=afternoon.ends_at + hour),
            seated=(ana,),
        ),
    )
    yield (
        "updated-zone-online-student",
        about(
            Reader.STUDENT,
            Cause.ZONE,
            "needs_action",
            session=call,
            was=replace(call, starts_at=call.starts_at + hour, ends_at=call.ends_at + hour),
            seated=(ana,),
            reader_zone="Europe/London",
        ),
    )


def _plain_letters() -> Iterator[tuple[str, Letter]]:
    ana = student()
    day, soon = timedelta(days=1), timedelta(hours=2)
    starts_at, at = workshop().starts_at, online().starts_at

    def remind(reader: Reader, written_at: datetime, session: SessionSnapshot, **more: Any) -> Letter:
        return letter(LetterKind.REMINDER, facts(reader, Cause.TIME, session=session, entry=entry(), **more), written_at=written_at)

    yield "waiting-student", letter(LetterKind.WAITING, facts(Reader.STUDENT, Cause.REGISTERED, waiting=(student(place=3),)))
    yield "waiting-guardian", letter(LetterKind.WAITING, facts(Reader.GUARDIAN, Cause.REGISTERED, waiting=(student(place=3),)))
    yield (
        "waiting-siblings",
        letter(LetterKind.WAITING, facts(Reader.GUARDIAN, Cause.REGISTERED, waiting=(student(place=3), student("Ben", 2, place=4)))),
    )
    link = LetterKind.LINK
    yield "link-student", letter(link, facts(Reader.STUDENT, Cause.AGAIN, seated=(ana,), entry=entry()))
    yield "link-siblings", letter(link, facts(Reader.GUARDIAN, Cause.AGAIN, seated=(ana,), waiting=(student("Ben", 2, place=1),)))
    yield "reminder-7-days-student", remind(Reader.STUDENT, starts_at - 7 * day, workshop(), seated=(ana,), lead_minutes=10080)
    yield "reminder-1-day-guardian", remind(Reader.GUARDIAN, starts_at - day, workshop(), seated=(ana,), lead_minutes=1440)
    yield "reminder-1-day-teacher", remind(Reader.TEACHER, starts_at - day, workshop(), lead_minutes=1440)
    yield "reminder-2-hours-online-student", remind(Reader.STUDENT, at - soon, online(), seated=(ana,), lead_minutes=120)
    yield "reminder-2-hours-online-host", remind(Reader.HOST, at - soon, online(), lead_minutes=120)
    yield "reminder-late-student", remind(Reader.STUDENT, starts_at - timedelta(hours=7), workshop(), seated=(ana,), lead_minutes=1440)


def _thanks() -> Iterator[tuple[str, Letter]]:
    ana, ben = student(), student("Ben", 2)
    morning = workshop().ends_at + timedelta(hours=15)

    def thank(reader: Reader, **more: Any) -> Letter:
        return letter(LetterKind.THANKS, facts(reader, Cause.TIME, entry=entry(), **more), written_at=morning)

    yield "thanks-student", thank(Reader.STUDENT, seated=(ana,))
    yield "thanks-two-students", thank(Reader.STUDENT, seated=(ana, ben), reader_name="")
    yield "thanks-guardian", thank(Reader.GUARDIAN, seated=(ana,))
    yield "thanks-siblings", thank(Reader.GUARDIAN, seated=(ana, ben))
    yield "thanks-online-guardian", thank(Reader.GUARDIAN, seated=(ana,), session=online())
    yield "thanks-teacher", thank(Reader.TEACHER, seated=(_school("Ana", "Diaz", 1), _school("Ben", "Cole", 2)))


def _school(given_name: str, family_name: str, number: int, place: int | None = None) -> StudentSnapshot:
    return student(given_name, number, place=place, family_name=family_name)


def _lists() -> Iterator[tuple[str, Letter]]:
    people = [("Ana", "Diaz"), ("Ben", "Cole"), ("Chidi", "Okafor"), ("Dana", "Levy"), ("Emil", "Berg"), ("Fatima", "Khan")]
    seated = tuple(_school(*person, number) for number, person in enumerate(people, 1))
    waiting = (_school("Gus", "Hill", 11, 1), _school("Hana", "Sato", 12, 2))

    def digest(cause: Cause, **more: Any) -> Letter:
        return letter(LetterKind.DIGEST, facts(Reader.TEACHER, cause, **more))

    doubtful = student(school_name="Northside School", held_until=datetime(2027, 3, 4, 18, 0, tzinfo=UTC))
    yield "keep-or-release-host", letter(LetterKind.KEEP_OR_RELEASE, facts(Reader.HOST, Cause.HELD, seated=(doubtful,)))
    yield "keep-or-release-coordinator", letter(LetterKind.KEEP_OR_RELEASE, facts(Reader.COORDINATOR, Cause.HELD, seated=(doubtful,)))
    yield "digest-registered", digest(Cause.REGISTERED, seated=seated, waiting=waiting)
    yield "digest-all-wait", digest(Cause.REGISTERED, waiting=waiting)
    yield "digest-stands-in", digest(Cause.REGISTERED, seated=seated[:2], stands_in_for=seated[:2])
    yield "digest-withdrawn", digest(Cause.WITHDRAWN, gone=seated[:1], reason="Ana has an exam that day.")
    yield "digest-promoted", digest(Cause.PROMOTED, seated=(replace(waiting[0], place_in_queue=None),))
    yield "digest-declined", digest(Cause.DECLINED, gone=seated[:1])
    yield "digest-withdrawn-promoted", digest(Cause.WITHDRAWN, gone=seated[:1], seated=(replace(waiting[0], place_in_queue=None),))
    until = datetime(2027, 3, 17, 22, 0, tzinfo=UTC)
    yield "digest-offered", digest(Cause.OFFERED, offered=waiting[:1], offered_until=until)
    yield "digest-moved", digest(Cause.MOVED, seated=seated, waiting=waiting, was=workshop(datetime(2027, 3, 11, 10, 0)))
    yield "digest-cancelled", digest(Cause.CANCELLED, seated=seated, waiting=waiting, reason="The host is ill.")
    coming = tuple(
        student(person[0], number, school_name=("Northside School", "Westview Academy")[number % 2]) for number, person in enumerate(people)
    )
    evening = workshop().starts_at - timedelta(hours=20)
    yield "roster", letter(LetterKind.ROSTER, facts(Reader.HOST, Cause.TIME, seated=coming), written_at=evening)
    yield "roster-one-school", letter(LetterKind.ROSTER, facts(Reader.HOST, Cause.TIME, seated=coming[::2]), written_at=evening)
    yield (
        "wrong-address",
        letter(LetterKind.WRONG_ADDRESS, facts(Reader.TEACHER, Cause.ADDRESS, seated=seated[:1], reason="old@family.example")),
    )
    bounced = {"seated": seated[:1], "waiting": waiting[:1], "reason": "old@family.example"}
    yield "wrong-address-bounced", letter(LetterKind.WRONG_ADDRESS, facts(Reader.TEACHER, Cause.BOUNCED, **bounced))
    alone = bounced | {"stands_in_for": seated[:1]}
    yield "wrong-address-bounced-stands-in", letter(LetterKind.WRONG_ADDRESS, facts(Reader.TEACHER, Cause.BOUNCED, **alone))
    until = datetime(2027, 3, 4, 18, 0, tzinfo=UTC)
    missing: dict[str, Any] = {"is_held": True, "held_for": ("no_guardian",), "held_until": until}
    left = replace(seated[0], **missing)
    yield "wrong-address-held", letter(LetterKind.WRONG_ADDRESS, facts(Reader.TEACHER, Cause.ADDRESS, seated=(left,), reason="a@b.example"))
    yield "wrong-address-undone", letter(LetterKind.WRONG_ADDRESS, facts(Reader.TEACHER, Cause.UNDONE, seated=(seated[0],)))
    cut_off = facts(Reader.TEACHER, Cause.BLOCKED, seated=seated[:1], stands_in_for=seated[:1], reason="family.example")
    yield "wrong-address-blocked", letter(LetterKind.WRONG_ADDRESS, cut_off)
    zone: dict[str, Any] = {"reader_zone": "Europe/London"}
    to_settle = facts(Reader.TEACHER, Cause.HELD, seated=(left,), stands_in_for=(left,), **zone)
    yield "digest-held", letter(LetterKind.DIGEST, to_settle)
    released = replace(seated[0], held_for=("no_guardian",))
    yield "digest-released", letter(LetterKind.DIGEST, facts(Reader.TEACHER, Cause.RELEASED, gone=(released,)))
    held = facts(Reader.STUDENT, Cause.HELD, seated=(student(**missing),), entry=replace(entry(1), is_held=True), **zone)
    yield "updated-held-student", letter(LetterKind.UPDATED, held)
    gone = facts(Reader.STUDENT, Cause.RELEASED, gone=(student(held_for=("no_guardian",)),), entry=entry(2))
    yield "removed-released-student", letter(LetterKind.REMOVED, gone)
    goodbye = facts(Reader.GUARDIAN, Cause.NOT_MINE, reader_name="", **zone)
    yield "not-mine", letter(LetterKind.NOT_MINE, replace(goodbye, entry=entry(1, is_transparent=True)))
    yield "not-mine-without-entry", letter(LetterKind.NOT_MINE, goodbye)


def _asked() -> Iterator[tuple[str, Letter]]:
    """What calendars ask for: another time, somebody else in one's place, an answer from another address."""
    starts_at, ends_at = datetime(2027, 3, 25, 19, 0, tzinfo=UTC), datetime(2027, 3, 25, 21, 0, tzinfo=UTC)
    for_host, for_teacher = student(school_name="Northside School"), _school("Ana", "Diaz", 1)
    later = ProposalSnapshot(
        by=Reader.STUDENT, starts_at=starts_at, ends_at=ends_at, comment="I have an exam until three.\nA week later would be fine."
    )
    parents = ProposalSnapshot(by=Reader.GUARDIAN, comment="Could it be in the evening?")
    passed_on = ProposalSnapshot(by=Reader.GUARDIAN)

    def note(reader: Reader, cause: Cause, **more: Any) -> Letter:
        return letter(LetterKind.NOTE, facts(reader, cause, **more))

    yield "note-another-time-host", note(Reader.HOST, Cause.COUNTERED, seated=(for_host,), asked=later)
    yield "note-another-time-teacher", note(Reader.TEACHER, Cause.COUNTERED, seated=(for_teacher,), asked=later)
    yield "note-without-a-time-host", note(Reader.HOST, Cause.COUNTERED, seated=(for_host, student("Ben", 2)), asked=parents)
    adult = ProposalSnapshot(by=Reader.TEACHER, name="Robin Smith", starts_at=starts_at, ends_at=ends_at)
    yield "note-another-time-by-teacher-host", note(Reader.HOST, Cause.COUNTERED, asked=adult)
    yield "note-passed-on-host", note(Reader.HOST, Cause.FORWARDED, seated=(for_host,), asked=passed_on)
    yield "note-passed-on-teacher", note(Reader.TEACHER, Cause.FORWARDED, seated=(for_teacher,), asked=passed_on)

    yield "note-registered-again-host", letter(LetterKind.NOTE, facts(Reader.HOST, Cause.REGISTERED, seated=(for_host,)))

    def confirm(reader: Reader, by: Reader | None = None, cause: Cause = Cause.FORWARDED, **more: Any) -> Letter:
        asked = ProposalSnapshot(by=by or reader, answer="declined")
        return letter(LetterKind.CONFIRM_ANSWER, facts(reader, cause, asked=asked, entry=entry(1), **more))

    yield "confirm-answer-student", confirm(Reader.STUDENT, seated=(student(),))
    yield "confirm-answer-guardian", confirm(Reader.GUARDIAN, seated=(student(),))
    yield "confirm-answer-teacher", confirm(Reader.TEACHER)
    yield "confirm-answer-copy-guardian", confirm(Reader.GUARDIAN, by=Reader.STUDENT, seated=(student(),))
    yield "confirm-answer-copy-teacher", confirm(Reader.TEACHER, by=Reader.STUDENT, stands_in_for=(for_teacher,))
    declined = Cause.DECLINED
    yield "withdraw-or-keep-student", confirm(Reader.STUDENT, cause=declined, seated=(student(),))
    yield "withdraw-or-keep-guardian", confirm(Reader.GUARDIAN, cause=declined, seated=(student(),))
    yield "withdraw-or-keep-siblings", confirm(Reader.GUARDIAN, cause=declined, seated=(student(), student("Ben", 2)))
    yield "withdraw-or-keep-copy-guardian", confirm(Reader.GUARDIAN, by=Reader.STUDENT, cause=declined, seated=(student(),))
    yield "withdraw-or-keep-copy-teacher", confirm(Reader.TEACHER, by=Reader.STUDENT, cause=declined, stands_in_for=(for_teacher,))


def _official() -> Iterator[tuple[str, Letter]]:
    link = "https://outreach.example/confirm/ImFiYyI.Zx9"
    for purpose in ("confirm", "reset", "password_changed", "already_here", "welcome"):
        yield (
            f"account-{purpose.replace('_', '-')}",
            letter(LetterKind.ACCOUNT, AccountSnapshot(purpose=purpose, reader_name="Robin Smith", link=link)),
        )
    approved = ApplicationSnapshot(reader_name="Robin Smith", role="teacher", place="Northside School", is_approved=True)
    yield "application-approved", letter(LetterKind.APPLICATION, approved)
    refused = replace(approved, is_approved=False, note="Please apply with your school address.\nThank you.")
    yield "application-refused", letter(LetterKind.APPLICATION, refused)
    words = "550 5.7.1 Message refused by your organisation's rule"
    blocked = BlockedDomainSnapshot(reader_name="Robin Smith", domain="northside.example", students=12, server_words=words)
    yield "blocked", letter(LetterKind.BLOCKED, blocked)
    words = "Yes, she can.\nPlease bring a pen."
    yield "message-answer", letter(LetterKind.MESSAGE_ANSWER, MessageAnswerSnapshot(reader_name="Ana", comment=words))
    yield (
        "message-answer-copy",
        letter(LetterKind.MESSAGE_ANSWER, MessageAnswerSnapshot(reader_name="", comment=words, student_name="Ana")),
    )
    done = JobSnapshot(reader_name="Robin Smith", title="Import of year9.csv", is_done=True, words="240 students added.", page="/imports/1")
    yield "job-done", letter(LetterKind.JOB, done)
    failed = replace(done, is_done=False, words="The class has been deleted meanwhile.")
    yield "job-failed", letter(LetterKind.JOB, failed)
    yield "blocked-one-student", letter(LetterKind.BLOCKED, replace(blocked, students=1, server_words=""))


def _provisional() -> Iterator[tuple[str, Letter]]:
    ana = student()
    first, later, guardians = entry(is_first=True), entry(1), entry(1, is_transparent=True)
    decides_at = datetime(2027, 3, 16, 16, 0, tzinfo=UTC)
    maybe, certain = workshop(is_provisional=True, decides_at=decides_at), workshop()
    put_off = replace(maybe, decides_at=decides_at + timedelta(days=1))
    earlier = workshop(datetime(2027, 3, 11, 10, 0), is_provisional=True, decides_at=decides_at - timedelta(days=7))
    day, late = timedelta(days=1), decides_at + timedelta(hours=2)

    def about(kind: LetterKind, reader: Reader, cause: Cause, session: SessionSnapshot, *, at: datetime = WRITTEN, **more: Any) -> Letter:
        return letter(kind, facts(reader, cause, session=session, **more), written_at=at)

    invitation, updated, digest, asks = LetterKind.INVITATION, LetterKind.UPDATED, LetterKind.DIGEST, LetterKind.DECISION
    registered, decided, opened, undecided = Cause.REGISTERED, Cause.DECIDED, Cause.PROVISIONAL, Cause.UNDECIDED
    yield "provisional-student", about(invitation, Reader.STUDENT, registered, maybe, seated=(ana,), entry=first)
    yield "provisional-host", about(invitation, Reader.HOST, Cause.PUBLISHED, maybe, entry=first)
    yield "provisional-late-teacher", about(invitation, Reader.TEACHER, registered, maybe, entry=first, at=late)
    yield "provisional-waiting-guardian", about(LetterKind.WAITING, Reader.GUARDIAN, registered, maybe, waiting=(student(place=3),))
    yield "provisional-moved-guardian", about(updated, Reader.GUARDIAN, Cause.MOVED, maybe, was=earlier, seated=(ana,), entry=guardians)
    yield "provisional-again-student", about(updated, Reader.STUDENT, opened, maybe, was=certain, seated=(ana,), entry=later)
    accepted = entry(1, is_transparent=True, answer="accepted")
    yield "put-off-guardian", about(updated, Reader.GUARDIAN, opened, put_off, was=maybe, seated=(ana,), entry=accepted)
    yield "decided-student", about(updated, Reader.STUDENT, decided, certain, was=maybe, seated=(ana,), entry=later)
    yield "decided-guardian", about(updated, Reader.GUARDIAN, decided, certain, was=maybe, seated=(ana,), entry=guardians)
    yield "decided-teacher", about(updated, Reader.TEACHER, decided, certain, was=maybe, entry=later)
    yield "decided-host", about(updated, Reader.HOST, decided, certain, was=maybe, entry=later)
    yield "decided-waiting-guardian", about(updated, Reader.GUARDIAN, decided, certain, was=maybe, waiting=(student(place=3),))
    yield "decided-moved-student", about(updated, Reader.STUDENT, Cause.MOVED, certain, was=earlier, seated=(ana,), entry=later)
    seated, waiting = (_school("Ana", "Diaz", 1),), (_school("Gus", "Hill", 11, 1),)
    yield "digest-provisional", about(digest, Reader.TEACHER, registered, maybe, seated=seated, waiting=waiting)
    yield "digest-decided", about(digest, Reader.TEACHER, decided, certain, was=maybe, seated=seated, waiting=waiting)
    remind: dict[str, Any] = {"seated": (ana,), "entry": later, "lead_minutes": 1440, "at": maybe.starts_at - day}
    yield "reminder-provisional-student", about(LetterKind.REMINDER, Reader.STUDENT, Cause.TIME, maybe, **remind)
    coming = (student(school_name="Northside School"),)
    yield "roster-provisional", about(LetterKind.ROSTER, Reader.HOST, Cause.TIME, maybe, seated=coming, at=maybe.starts_at - day)
    yield "decision-host", about(asks, Reader.HOST, opened, maybe, at=decides_at - day)
    yield "decision-host-late", about(asks, Reader.HOST, undecided, maybe, at=decides_at)
    yield "decision-coordinator", about(asks, Reader.COORDINATOR, undecided, maybe, at=late)


def _awkward() -> Iterator[tuple[str, Letter]]:
    ana, first = student(), entry(is_first=True)

    def invite(session: SessionSnapshot, **more: Any) -> Letter:
        return letter(
            LetterKind.INVITATION, facts(Reader.STUDENT, Cause.REGISTERED, session=session, **{"seated": (ana,), "entry": first} | more)
        )

    yield "case-online", invite(online())
    far = online(datetime(2027, 3, 18, 9, 0), zone="Australia/Sydney", host_name="Dr Kim Ng")
    yield "case-sydney-host-vancouver-school", invite(far, reader_zone="America/Vancouver")
    yield "case-near-midnight", invite(workshop(datetime(2027, 3, 18, 23, 30)))
    yield "case-across-a-clock-change", invite(workshop(datetime(2027, 3, 28, 0, 30), zone="Europe/London", minutes=120))
    yield "case-hour-shown-twice", invite(workshop(datetime(2027, 10, 31, 1, 15), zone="Europe/London", fold=1, minutes=30))
    name = 'Zoë "Z" <script>alert(1)</script>\r\nBcc: everyone@example.com 🪡'
    yield (
        "case-awkward-name",
        invite(
            workshop(host_name=name, title='Knots & "ties" <b>now</b>;\r\nX: y'),
            seated=(student(name), student("Ben", 2)),
            reader_name=name,
        ),
    )
    yield (
        "case-long-title",
        invite(workshop(title="Everything you ever wanted to know about suturing and never dared to ask, " * 3 + "answered")),
    )
    yield (
        "case-moved-online",
        letter(
            LetterKind.UPDATED,
            facts(Reader.STUDENT, Cause.MOVED, session=online(datetime(2027, 3, 18, 14, 0)), was=workshop(), seated=(ana,), entry=entry(1)),
        ),
    )


CASES: dict[str, Letter] = dict(
    [*_calendar_letters(), *_what_stays(), *_plain_letters(), *_thanks(), *_lists(), *_asked(), *_provisional(), *_official(), *_awkward()]
)
