"""Checks what the DNS says about mail of our domain: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489).

Only what is certainly wrong fails: inside a hospital the DNS may show less than outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

import dns.exception
import dns.resolver

from outreach.doctor.findings import Finding, attention, fails, ok
from outreach.doctor.mail_checks import INVENTED
from outreach.mail import bounce_address, organisational_domain
from outreach.settings import DkimKey, Settings, key_of

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
        advice = f"Set OUTREACH_BOUNCE_ADDRESS to an address at {domain}, or be sure that e-mails are signed for {domain}."
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
    found = ((name, records) for name in dmarc_domains(domain) if (records := ask(f"_dmarc.{name}")))
    yield judge_dmarc(domain, *next(found, (domain, [])))


def _dkim(settings: Settings, domain: str, ask: Ask) -> Finding:
    if settings.dkim_selector is None or settings.dkim_key_file is None:
        return ok("DKIM", f"we don't sign (no OUTREACH_DKIM_KEY_FILE): the mail server must, for {domain}")
    name = f"{settings.dkim_selector}._domainkey.{domain}"
    return judge_dkim(name, key_of(settings.dkim_key_file.read_bytes()), ask(name))


def judge_spf(domain: str, records: Sequence[str]) -> Finding:
    """Say who may send for the domain of our envelopes."""
    found = [record for record in records if f"{record} ".lower().startswith("v=spf1 ")]
    if not found:
        advice = f"Publish a TXT record at {domain}, such as `v=spf1 mx -all`, that names the servers that send for you."
        return attention("SPF", f"{domain} doesn't say which servers send its mail", advice)
    if len(found) > 1:
        return fails("SPF", f"{domain} has {len(found)} records that begin with v=spf1, so none counts", "Make them one.")
    text = f"{domain} says {found[0]}"
    if found[0].lower().split()[1:] == ["-all"]:
        return fails("SPF", f"{text}: nobody sends for it", "Name the servers that send your mail before `-all`.")
    if found[0].lower().endswith(("+all", " all")):
        return attention("SPF", f"{text}: everybody may send for it", "Let it end in `-all` or `~all`.")
    return ok("SPF", text)


def judge_dkim(name: str, key: DkimKey, records: Sequence[str]) -> Finding:
    """Say whether what is published lets others see that a letter is ours."""
    publish = f"Publish a TXT record at {name}: {key.record}"
    if not records:
        return attention("DKIM", f"nothing is published at {name}, so nobody can check what we sign", publish)
    if not any(key.is_published_by(record) for record in records):
        return fails("DKIM", f"{name} publishes another key than OUTREACH_DKIM_KEY_FILE holds: every signature looks forged", publish)
    return ok("DKIM", f"{name} publishes our key")


def judge_dmarc(domain: str, name: str, records: Sequence[str]) -> Finding:
    """Say what others do with mail that only claims to be the domain's: its own record says so, or that of a `place` above it."""
    found = [record for record in records if record.replace(" ", "").lower().startswith("v=dmarc1;")]
    publish = f"Publish one TXT record at _dmarc.{domain}: `v=DMARC1; p=none; rua=mailto:you@{domain}`."
    if not found:
        return attention("DMARC", f"nothing at _dmarc.{domain} says what becomes of mail forged in our name", publish)
    if len(found) > 1:
        return attention("DMARC", f"_dmarc.{name} has {len(found)} records, so none counts", publish)
    tags = dict(tag.lower().split("=", 1) for tag in found[0].replace(" ", "").split(";") if "=" in tag)
    policy = tags.get("p", "none")
    if (policy if name == domain else tags.get("sp", policy)) == "none":
        advice = "Once the reports show that all your own mail passes, publish p=quarantine."
        return attention("DMARC", f"_dmarc.{name} says {found[0]}: mail forged in our name is delivered", advice)
    return ok("DMARC", f"_dmarc.{name} says {found[0]}")


def dmarc_domains(domain: str) -> Iterator[str]:
    """Give the domains whose record applies to this one, itself first: without a record of its own the one above does."""
    top = organisational_domain(domain)
    while top:
        yield domain
        if domain.lower() == top:
            return
        domain = domain.partition(".")[2]


def are_aligned(one: str, other: str) -> bool:
    """Say whether DMARC takes both for one organisation's (RFC 7489 3.1.1)."""
    top = organisational_domain(one)
    return one.lower() == other.lower() or (top is not None and top == organisational_domain(other))
