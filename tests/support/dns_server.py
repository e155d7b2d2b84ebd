"""A name server on loopback that knows the TXT records a test gives it, and answers over UDP."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset


class _Server(socketserver.ThreadingUDPServer):
    daemon_threads = True
    records: Mapping[str, list[str]]
    rcode: dns.rcode.Rcode


class _Answer(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        data, sock = self.request
        query = dns.message.from_wire(data)
        name = query.question[0].name
        known = self.server.records.get(name.to_text(omit_final_dot=True))
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        answer.set_rcode(self.server.rcode if known is not None or self.server.rcode else dns.rcode.NXDOMAIN)
        if known:
            answer.answer.append(dns.rrset.from_text_list(name, 60, "IN", "TXT", [_quoted(text) for text in known]))
        sock.sendto(answer.to_wire(), self.client_address)


@contextmanager
def name_server(records: Mapping[str, list[str]], *, rcode: dns.rcode.Rcode = dns.rcode.NOERROR) -> Iterator[dns.resolver.Resolver]:
    """Run it; give a resolver that asks it. A name that isn't there doesn't exist; `rcode` answers everything so."""
    with _Server(("127.0.0.1", 0), _Answer) as server:
        server.records, server.rcode = records, rcode
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], server.server_address[1]
        try:
            yield resolver
        finally:
            server.shutdown()
            thread.join()


def _quoted(text: str) -> str:
    """Give it as it is published: in strings of at most 255 characters."""
    return " ".join(f'"{text[start : start + 255]}"' for start in range(0, len(text), 255))
