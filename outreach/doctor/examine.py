"""The doctor: looks at all that Outreach stands on and says what to do. Changes nothing, sends nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from outreach.doctor.database_checks import check_database
from outreach.doctor.dns_checks import check_dns
from outreach.doctor.findings import Finding, Verdict
from outreach.doctor.inbox_checks import check_inbox
from outreach.doctor.machine_checks import check_machine
from outreach.doctor.mail_checks import check_mail
from outreach.doctor.service_checks import check_service
from outreach.doctor.settings_checks import check_settings
from outreach.settings import Settings


def examine(settings: Settings, *, clock: Callable[[], datetime]) -> Iterator[Finding]:
    """Give findings one by one as they are made; some take seconds. Wants the app's context."""
    yield from check_settings(settings)
    yield from check_machine(settings, now=clock())
    is_sound = True
    for finding in check_database(settings, clock=clock):
        is_sound = is_sound and finding.verdict is not Verdict.FAILS
        yield finding
    if is_sound:
        yield from check_service(now=clock())
    yield from check_mail(settings)
    yield from check_inbox(settings)
    yield from check_dns(settings)
