"""Taking in mail: by the pipe, with the exit code a mail server understands; and from an inbox, with what is left there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from imapclient import FLAGGED, IMAPClient
from imapclient.exceptions import LoginError
from sqlalchemy.exc import InterfaceError, OperationalError
from structlog.testing import capture_logs

from outreach.db import db
from outreach.inbound import inbox as inboxes
from outreach.inbound import use_cases
from outreach.inbound.commands import receive
from outreach.inbound.inbox import InboxAway, InboxTrouble, Taker, opened, poll
from outreach.inbound.parsing.reading import HEAD_AT_MOST, MAX_SIZE
from outreach.inbound.polling import InboxReader
from outreach.inbound.reasons import InboundReason
from outreach.models import Answer, InboundOutcome
from tests.support.builders import Builder
from tests.support.inbound import PARENT, Family, invited, last, mail, messages

# The pipe.


def piped(app: Flask, raw: bytes, *arguments: str, env: dict[str, str] | None = None) -> Result:
    """Run `outreach receive`; what it wrote is seen afterwards."""
    result = CliRunner().invoke(receive, list(arguments), obj=app, input=raw, env=env)
    db.session.rollback()
    return result


@pytest.fixture
def family(make: Builder, now: Any) -> Family:
    """Ana and her parent, invited."""
    return invited(make, now)


def test_what_we_have_ends_with_0_whatever_it_says(app: Flask, family: Family) -> None:
    for raw in (family.reply(PARENT), mail(to="rsvp@outreach.example"), b"rubbish"):
        result = piped(app, raw)
        assert (result.exit_code, result.output) == (0, "")
        assert last().raw == raw


def test_where_there_was_no_message_at_all_it_ends_with_65(app: Flask) -> None:
    before = len(messages())
    assert piped(app, b"").exit_code == 65
    assert len(messages()) == before


@pytest.mark.parametrize("error", [OperationalError("x", {}, Exception()), RuntimeError("x")])
def test_what_we_cannot_take_now_comes_again(app: Flask, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_arguments: object, **_facts: object) -> None:
        raise error

    before = len(messages())
    with monkeypatch.context() as patch:
        patch.setattr(use_cases, "receive", fail)
        assert piped(app, b"To: x\r\n\r\n").exit_code == 75
    assert len(messages()) == before


def test_the_envelope_counts_and_its_option_before_the_environment(app: Flask, family: Family) -> None:
    def token(address: str) -> str:
        return family.token_address(address)

    other = family.token_address("ana@pupils.example")
    for number, (arguments, env) in enumerate(
        (
            (("--to", token(PARENT)), {"ORIGINAL_RECIPIENT": other, "RECIPIENT": other}),
            ((), {"ORIGINAL_RECIPIENT": token(PARENT), "RECIPIENT": other}),
            ((), {"RECIPIENT": token(PARENT)}),
        )
    ):
        assert piped(app, mail(to=f"list{number}@elsewhere.example"), *arguments, env=env).exit_code == 0
        assert last().mailbox_id == family.mailbox(PARENT).id
    raw = mail(to="list@elsewhere.example", message_id="<large@x.example>")
    piped(app, raw + b"x" * MAX_SIZE, "--to", token(PARENT))
    assert (last().reason, last().mailbox_id) == (InboundReason.TOO_LARGE, family.mailbox(PARENT).id)


def test_the_line_some_pipes_put_above_the_headers_is_left_out(app: Flask) -> None:
    raw = mail(to="rsvp@outreach.example")
    piped(app, b"From ana@pupils.example Mon Mar  1 09:00:00 2027\n" + raw)
    assert last().raw == raw
    piped(app, b"From: a@b.example\r\n\r\nFrom here")
    assert last().raw == b"From: a@b.example\r\n\r\nFrom here"


@pytest.mark.parametrize("beyond", [0, 1, 200_000])
def test_of_a_message_above_one_mebibyte_the_beginning_is_kept(app: Flask, beyond: int) -> None:
    head = mail(to="rsvp@outreach.example", message_id=f"<{beyond}@x.example>")
    raw = head + b"x" * (MAX_SIZE + beyond - len(head))
    assert piped(app, raw).exit_code == 0
    kept = last()
    assert (kept.size, kept.reason) == (MAX_SIZE + beyond, InboundReason.NO_TOKEN)
    assert kept.raw == (raw[:HEAD_AT_MOST] if beyond else raw)


# The inbox.


@dataclass
class Server:
    """A mail server in memory, as IMAPClient gives it: messages by UID, each with its flags."""

    messages: dict[int, bytes] = field(default_factory=dict)
    flags: dict[int, set[bytes]] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)
    capabilities: frozenset[str] = frozenset({"UIDPLUS", "AUTH=PLAIN"})
    heard: list[tuple[Any, ...]] = field(default_factory=list)
    asked_for: list[str] = field(default_factory=list)

    def put(self, uid: int, raw: bytes, *, size: int | None = None, flags: tuple[bytes, ...] = ()) -> None:
        self.messages[uid], self.flags[uid] = raw, set(flags)
        if size is not None:
            self.sizes[uid] = size

    # What IMAPClient has.

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_error: object) -> None:
        self.heard.append(("closed",))

    def has_capability(self, name: str) -> bool:
        return name in self.capabilities

    def plain_login(self, username: str, password: str) -> None:
        self.heard.append(("plain", username, password))
        if password == "wrong":
            raise LoginError("no")

    def login(self, username: str, password: str) -> None:
        self.heard.append(("login", username, password))

    def select_folder(self, folder: str, *, readonly: bool) -> dict[bytes, int]:
        self.heard.append(("select", folder, readonly))
        if folder == "Gone":
            raise IMAPClient.Error("no such folder")
        return {b"EXISTS": len(self.messages)}

    def search(self, criteria: list[str]) -> list[int]:
        self.asked_for.append(criteria[0])
        first, last_one = (int(number) for number in criteria[0].split(":"))
        within = sorted(self.messages)[first - 1 : last_one]
        hidden = {b"\\Deleted" if "UNDELETED" in criteria else b"", FLAGGED if "UNFLAGGED" in criteria else b""}
        return sorted((uid for uid in within if not self.flags[uid] & hidden), reverse=True)

    def fetch(self, uids: list[int], what: list[str]) -> dict[int, dict[bytes, Any]]:
        if what == ["RFC822.SIZE"]:
            return {uid: {b"RFC822.SIZE": self.sizes.get(uid, len(self.messages[uid]))} for uid in uids if uid in self.messages}
        length = int(what[0].removeprefix("BODY.PEEK[]<0.").removesuffix(">"))
        return {uid: {b"SEQ": 1, b"BODY[]<0>": self.messages[uid][:length]} for uid in uids if uid in self.messages}

    def delete_messages(self, uids: list[int], *, silent: bool) -> None:
        assert silent
        for uid in uids:
            self.flags[uid].add(b"\\Deleted")

    def expunge(self, uids: list[int] | None) -> None:
        for uid in [uid for uid, flags in self.flags.items() if b"\\Deleted" in flags and (uids is None or uid in uids)]:
            del self.messages[uid], self.flags[uid]
        self.heard.append(("expunge", uids))

    def add_flags(self, uids: list[int], flags: list[bytes], *, silent: bool) -> None:
        assert silent
        for uid in uids:
            self.flags[uid] |= set(flags)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, app: Flask) -> Server:  # noqa: ARG001 (its module is on one database)
    """Stand in for every server that is connected to."""
    made = Server()

    class Client:
        """Gives the server in memory; keeps what the real one calls a break."""

        AbortError = IMAPClient.AbortError

        def __new__(cls, host: str, port: int | None, **settings: Any) -> Any:
            made.heard.append(("connect", host, port, settings["ssl"], settings["timeout"]))
            return made

    monkeypatch.setattr(inboxes, "IMAPClient", Client)
    return made


URL = "imap://us%40x.example:hu%2Fsh@mail.example:1143/Answers%20in"


def taking(fails: Callable[[bytes], Exception | None] = lambda _raw: None) -> tuple[Taker, list[tuple[str, bytes, int]]]:
    taken: list[tuple[str, bytes, int]] = []

    def whole(raw: bytes) -> None:
        if (error := fails(raw)) is not None:
            raise error
        taken.append(("whole", raw, len(raw)))

    return Taker(whole=whole, oversized=lambda head, size: taken.append(("oversized", head, size))), taken


def test_what_waits_is_taken_the_oldest_first_and_deleted(server: Server) -> None:
    for uid in (30, 10, 20):
        server.put(uid, b"%d" % uid)
    taker, taken = taking()
    assert poll(URL, taker) == 3
    assert [raw for _kind, raw, _size in taken] == [b"10", b"20", b"30"]
    assert server.messages == {}
    assert server.heard[:3] == [
        ("connect", "mail.example", 1143, False, 20.0),
        ("plain", "us@x.example", "hu/sh"),
        ("select", "Answers in", False),
    ]
    assert server.heard[-1] == ("closed",)


def test_what_was_flagged_or_deleted_waits_for_nobody(server: Server) -> None:
    server.put(1, b"one", flags=(FLAGGED,))
    server.put(2, b"two", flags=(b"\\Deleted",))
    server.put(3, b"three")
    taker, taken = taking()
    with opened(URL) as inbox:
        assert (inbox.count, list(inbox.waiting())) == (3, [3])
    assert poll(URL, taker) == 1
    assert [raw for _kind, raw, _size in taken] == [b"three"]
    assert sorted(server.messages) == [1, 2], "only ours is expunged"


def test_a_server_without_uidplus_expunges_all_that_was_deleted(server: Server) -> None:
    server.capabilities = frozenset()
    server.put(1, b"one")
    assert poll(URL, taking()[0]) == 1
    assert ("expunge", None) in server.heard
    assert ("login", "us@x.example", "hu/sh") in server.heard


def test_a_round_ends_after_so_many_messages(server: Server) -> None:
    for uid in range(1, 6):
        server.put(uid, b"x%d" % uid)
    assert (poll(URL, taking()[0], at_most=2), sorted(server.messages)) == (2, [3, 4, 5])


def test_a_round_ends_when_its_time_is_over(server: Server) -> None:
    server.put(1, b"one")
    assert poll(URL, taking()[0], lasting=timedelta(seconds=-1)) == 0
    assert sorted(server.messages) == [1]


@pytest.mark.parametrize("length", [MAX_SIZE, MAX_SIZE + 1])
def test_what_is_too_large_stays_flagged_and_is_noted_by_its_beginning(server: Server, length: int) -> None:
    server.put(1, b"x" * length)
    server.put(2, b"small")
    taker, taken = taking()
    assert poll(URL, taker) == 2
    if length > MAX_SIZE:
        assert taken == [("oversized", b"x" * HEAD_AT_MOST, length), ("whole", b"small", 5)]
        assert server.flags == {1: {FLAGGED}}
    else:
        assert [kind for kind, _raw, _size in taken] == ["whole", "whole"]
        assert server.messages == {}


def test_no_server_s_word_on_a_size_is_believed(server: Server) -> None:
    server.put(1, b"x" * (MAX_SIZE + 10), size=5)
    server.put(2, b"tiny", size=MAX_SIZE + 1)
    taker, taken = taking()
    poll(URL, taker)
    assert taken == [("oversized", b"x" * HEAD_AT_MOST, MAX_SIZE + 1), ("oversized", b"tiny", MAX_SIZE + 1)]
    assert server.flags == {1: {FLAGGED}, 2: {FLAGGED}}


def test_what_cannot_be_taken_in_stays_flagged_and_the_next_one_comes(server: Server) -> None:
    server.put(1, b"bad")
    server.put(2, b"good")
    taker, taken = taking(lambda raw: KeyError("x") if raw == b"bad" else None)
    assert poll(URL, taker) == 2
    assert ([raw for _kind, raw, _size in taken], server.flags) == ([b"good"], {1: {FLAGGED}})
    assert poll(URL, taker) == 0


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_while_the_database_is_away_everything_stays_as_it_was(server: Server, error: type[OperationalError]) -> None:
    server.put(1, b"one")
    taker, taken = taking(lambda _raw: error("x", {}, Exception()))
    with pytest.raises(error):
        poll(URL, taker)
    assert (taken, server.flags) == ([], {1: set()})


def test_what_is_gone_meanwhile_is_no_message(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.put(1, b"one")
    monkeypatch.setattr(inboxes.Inbox, "sizes", lambda _inbox, _uids: {1: 3, 7: 5})
    assert poll(URL, taking()[0]) == 1


def test_a_long_folder_is_asked_for_in_pieces(server: Server) -> None:
    for count, pieces in ((0, []), (10_000, ["1:10000"]), (10_001, ["1:10000", "10001:10001"])):
        server.asked_for.clear()
        server.messages = dict.fromkeys(range(1, count + 1), b"")
        server.flags = {uid: set() for uid in server.messages}
        with opened(URL) as inbox:
            assert sum(1 for _ in inbox.waiting()) == count
        assert server.asked_for == pieces


@pytest.mark.parametrize(
    ("url", "trouble"),
    [(URL.replace("hu%2Fsh", "wrong"), InboxTrouble.SIGN_IN), (URL.replace("Answers%20in", "Gone"), InboxTrouble.FOLDER)],
)
def test_what_is_wrong_with_an_inbox_has_a_name(server: Server, url: str, trouble: InboxTrouble) -> None:
    with pytest.raises(InboxAway) as caught, opened(url):
        pass
    assert caught.value.trouble is trouble
    assert server.heard[-1] == ("closed",)


@pytest.mark.parametrize("error", [OSError("gone"), IMAPClient.AbortError("gone"), IMAPClient.Error("no")])
def test_a_connection_that_breaks_is_never_the_password_s_fault(error: Exception, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.put(1, b"one")

    def fail(*_arguments: object) -> None:
        raise error

    for step, trouble in (("plain_login", InboxTrouble.SIGN_IN), ("select_folder", InboxTrouble.FOLDER), ("search", InboxTrouble.BROKEN)):
        with monkeypatch.context() as patch, pytest.raises(InboxAway) as caught:
            patch.setattr(Server, step, lambda *_arguments, **_facts: fail())
            poll(URL, taking()[0])
            with opened(URL) as inbox:
                list(inbox.waiting())
        is_break = type(error) is not IMAPClient.Error
        assert caught.value.trouble is (InboxTrouble.BROKEN if is_break else trouble)


def test_looking_alone_opens_it_read_only(server: Server) -> None:
    with opened(URL, patience=timedelta(seconds=3), readonly=True) as inbox:
        assert inbox.count == 0
    assert (server.heard[0][-1], server.heard[2]) == (3.0, ("select", "Answers in", True))


def test_over_imaps_the_connection_is_encrypted(server: Server) -> None:
    with opened("imaps://us:hush@mail.example/INBOX"):
        pass
    assert server.heard[0][:4] == ("connect", "mail.example", None, True)


def test_the_same_message_by_both_ways_counts_once(app: Flask, family: Family) -> None:
    raw = family.reply(PARENT)
    assert piped(app, raw, "--to", family.token_address(PARENT)).exit_code == 0
    for source in ("inbox", "pipe"):
        assert use_cases.receive(raw, delivered_to=None, source=source, now=family.now) is None
    assert [message.outcome for message in messages()] == [InboundOutcome.APPLIED]


def test_an_outage_is_said_once_and_so_is_its_end(app: Flask, server: Server, now: datetime) -> None:
    reader = InboxReader(patience=timedelta(seconds=3))
    settings = app.extensions["outreach"]

    def heard(url: str | None) -> list[tuple[Any, Any]]:
        app.extensions["outreach"] = replace(settings, inbox_url=url)
        with capture_logs() as said:
            assert reader(now=now) == 0
        return [(line["event"], line.get("trouble")) for line in said]

    wrong, gone = URL.replace("hu%2Fsh", "wrong"), URL.replace("Answers%20in", "Gone")
    logged = [heard(url) for url in (URL, wrong, wrong, gone, URL, URL, None)]
    assert logged == [[], [("inbox away", "sign-in refused")], [], [("inbox away", "no such folder")], [("inbox is back", None)], [], []]
    assert server.heard[0][-1] == 3.0


def test_what_the_inbox_holds_is_taken_in_and_noted(app: Flask, server: Server, family: Family) -> None:
    app.extensions["outreach"] = replace(app.extensions["outreach"], inbox_url=URL)
    server.put(1, family.reply(PARENT))
    server.put(2, b"To: x@y.example\r\n\r\n" + b"x" * MAX_SIZE)
    with capture_logs() as said:
        assert InboxReader()(now=family.now) == 2
    assert family.invitation(PARENT).answer is Answer.ACCEPTED
    assert (last().size, last().received_at) == (len(b"To: x@y.example\r\n\r\n") + MAX_SIZE, family.now)
    assert {line["source"] for line in said if line["event"] == "message taken in"} == {"inbox"}
    assert [(line["kind"], line["outcome"], line["reason"]) for line in said if line["event"] == "message taken in"] == [
        ("reply", "applied", "answered"),
        ("other", "quarantined", "no_token"),
    ]
    assert "ana@" not in str(said)
