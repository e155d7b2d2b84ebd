"""A mail server on loopback that says what a test tells it to: good, bad, or nothing at all."""

from __future__ import annotations

import select
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

SILENCE, HANG_UP = "(silence)", "(hang up)"
Answer = str | list[str] | Callable[[str], str]
USUAL: dict[str, Answer] = {
    "greeting": "220 here",
    "EHLO": "250-here\r\n250-SIZE 1000000\r\n250 AUTH PLAIN",
    "AUTH": "235 welcome",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    "content": "250 ok",
    "RSET": "250 ok",
    "QUIT": "221 bye",
}


@dataclass
class MailServer:
    """What it was told to answer (to each verb, to the greeting, to the content; a list: one after the other), and what it heard."""

    answers: dict[str, Answer]
    port: int = 0
    connections: int = 0
    heard: list[str] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    is_silent: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def answer(self, verb: str, argument: str = "") -> str:
        """Give the next answer."""
        answer = self.answers.get(verb, "502 what?")
        if callable(answer):
            return answer(argument)
        return (answer.pop(0) if len(answer) > 1 else answer[0]) if isinstance(answer, list) else answer


class _Listening(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    mail_server: MailServer


class _Talk(socketserver.StreamRequestHandler):
    server: _Listening

    def handle(self) -> None:
        with suppress(ConnectionError):  # whoever asks may hang up
            self.talk()

    def talk(self) -> None:
        mail_server = self.server.mail_server
        mail_server.connections += 1
        goes_on = self.say(mail_server.answer("greeting"))
        while goes_on and (line := self.rfile.readline().decode(errors="replace").strip()):
            mail_server.heard.append(line)
            verb, _, argument = line.partition(" ")
            reply = mail_server.answer(verb.upper(), argument)
            goes_on = self.say(reply) and (not reply.startswith("354") or self.take())

    def take(self) -> bool:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        reply = self.server.mail_server.answer("content")
        if reply.startswith("250") or reply in (SILENCE, HANG_UP):
            self.server.mail_server.taken.append(b"".join(lines))
        return self.say(reply)

    def say(self, reply: str) -> bool:
        if reply == SILENCE:
            self.server.mail_server.is_silent.set()
            self.server.mail_server.over.wait()
        if reply in (SILENCE, HANG_UP):
            return False
        self.wfile.write(reply.encode() + b"\r\n")
        return not reply.startswith(("421", "221"))


@contextmanager
def mail_server(**answers: Answer) -> Iterator[MailServer]:
    """Run a server whose answers differ from the usual ones in these."""
    with _Listening(("127.0.0.1", 0), _Talk) as listening:
        listening.mail_server = MailServer(USUAL | answers, port=listening.server_address[1])
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield listening.mail_server
        finally:
            listening.mail_server.over.set()
            listening.shutdown()
            thread.join()


@contextmanager
def patient_until_silence(server: MailServer) -> Iterator[None]:
    """Let clients wait for an answer as long as it takes, and no longer once the server has fallen silent.

    Their own timeout would have to be long for a busy machine, and short for the test.
    """
    connect = socket.create_connection

    class Waiting(socket.socket):
        def recv_into(self, *into: Any) -> int:
            while not select.select([self], [], [], 0.01)[0]:
                if server.is_silent.is_set():
                    raise TimeoutError("timed out")
            return super().recv_into(*into)

    def connect_waiting(*where: Any, **options: Any) -> socket.socket:
        return Waiting(fileno=connect(*where, **options).detach())

    with patch.object(socket, "create_connection", connect_waiting):
        yield
