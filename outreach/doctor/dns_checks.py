"""The doctor asks the DNS what our domain says of its mail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import dns.exception
import dns.resolver

from outreach.doctor.dns_records import are_aligned, dmarc_domains, judge_dkim, judge_dmarc, judge_spf
from outreach.doctor.findings import Finding, attention, ok
from outreach.doctor.mail_checks import INVENTED
from outreach.mail.verp import bounce_address
from outreach.settings import Settings
from outreach.settings.dkim_key import key_of

PATIENCE = timedelta(seconds=3)
Ask = Callable[[str], list[str]]


class NoAnswer(Exception):
    """The DNS doesn't answer."""


def check_dns(settings: Settings, *, ask: Ask | None = None) -> Iterator[Finding]:
    """Look at SPF, DKIM and DMARC of the domains our letters come from; where the DNS doesn't answer, that is a note."""
    domain, bounces = settings.mail_domain, bounce_address(0, settings).rpartition("@")[2]
    if settings.has_local_mailbox or f".{domain}".endswith(INVENTED):
        return
    if not are_aligned(bounces, domain):
        advice = f"Set OUTREACH_BOUNCE_ADDRESS to an address at {domain}, or be sure that letters are signed for {domain}."
        yield attention("Bounce address", f"{bounces} isn't {domain}: SPF speaks for another domain than the sender's", advice)
    try:
        yield from _records(settings, domain, bounces, ask or txt_records)
    except NoAnswer:
        advice = f"From elsewhere, look with `dig TXT {bounces}` and `dig TXT _dmarc.{domain}`."
        yield attention("DNS", f"doesn't answer here: whether {domain} has SPF, DKIM and DMARC wasn't looked at", advice)


def txt_records(name: str, *, resolver: dns.resolver.Resolver | None = None) -> list[str]:
    """Give the TXT records of a name, each as one text; none where there is no such name. Raises NoAnswer."""
    try:
        asked = resolver or dns.resolver.Resolver()
        answer = asked.resolve(name, "TXT", search=False, lifetime=PATIENCE.total_seconds(), raise_on_no_answer=False)
    except dns.resolver.NXDOMAIN:
        return []
    except dns.exception.DNSException as error:
        raise NoAnswer from error
    return [b"".join(record.strings).decode(errors="replace") for record in answer]


def _records(settings: Settings, domain: str, bounces: str, ask: Ask) -> Iterator[Finding]:
    yield judge_spf(bounces, ask(bounces))
    yield _dkim(settings, domain, ask)
    found = ((place, records) for place in dmarc_domains(domain) if (records := ask(f"_dmarc.{place}")))
    yield judge_dmarc(domain, *next(found, (domain, [])))


def _dkim(settings: Settings, domain: str, ask: Ask) -> Finding:
    if settings.dkim_selector is None or settings.dkim_key_file is None:
        return ok("DKIM", f"we don't sign (no OUTREACH_DKIM_KEY_FILE): the mail server must, for {domain}")
    place = f"{settings.dkim_selector}._domainkey.{domain}"
    return judge_dkim(place, key_of(settings.dkim_key_file.read_bytes()), ask(place))
