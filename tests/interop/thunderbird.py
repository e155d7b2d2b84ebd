"""Thunderbird as a family has it: one account over IMAP and SMTP, a calendar on this computer, a clock of its own.

It runs under Xvfb and is told by Marionette what a person would do: open an e-mail, press a button above it.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.interop.marionette import Marionette
from tests.support.ports import free_port

_PREFERENCES: dict[str, Any] = {
    "mail.accountmanager.accounts": "account1",
    "mail.accountmanager.defaultaccount": "account1",
    "mail.account.account1.server": "server1",
    "mail.account.account1.identities": "id1",
    "mail.identity.id1.fullName": "Maria",
    "mail.identity.id1.valid": True,
    "mail.identity.id1.smtpServer": "smtp1",
    "mail.identity.id1.fcc": False,
    "mail.server.server1.type": "imap",
    "mail.server.server1.hostname": "127.0.0.1",
    "mail.server.server1.socketType": 0,
    "mail.server.server1.authMethod": 3,
    "mail.server.server1.login_at_startup": False,
    "mail.server.server1.check_new_mail": False,
    "mail.smtpservers": "smtp1",
    "mail.smtp.defaultserver": "smtp1",
    "mail.smtpserver.smtp1.hostname": "127.0.0.1",
    "mail.smtpserver.smtp1.try_ssl": 0,
    "mail.smtpserver.smtp1.authMethod": 1,
    "mail.shell.checkDefaultClient": False,
    "mail.spotlight.firstRunDone": True,
    "mail.rights.version": 1,
    "mailnews.start_page.enabled": False,
    "mailnews.start_page_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "app.update.enabled": False,
    "calendar.notifications.times": "",
}
_TOOLS = """
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const { cal } = ChromeUtils.importESModule("resource:///modules/calendar/calUtils.sys.mjs");
const { setTimeout } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");
const until = async (what, found) => {
  for (let tries = 0; tries < 1200; tries++) {
    const value = await found();
    if (value) return value;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  throw new Error(`never: ${what}`);
};
const server = MailServices.accounts.defaultAccount.incomingServer;
const buttons = () => {
  const all = pane().messageBrowser.contentWindow.document.querySelectorAll("#imip-bar toolbarbutton");
  return [...all].filter(one => one.id && one.label && one.getClientRects().length);
};
const pane = () => Services.wm.getMostRecentWindow("mail:3pane")?.gTabmail?.currentAbout3Pane;
"""
_BEGIN = """
await until("a window", () => pane()?.threadTree);
server.password = given[0];
const calendar = cal.manager.createCalendar("storage", Services.io.newURI("moz-storage-calendar://"));
calendar.name = "Family";
cal.manager.registerCalendar(calendar);
calendar.setProperty("imip.identity.key", MailServices.accounts.defaultAccount.defaultIdentity.key);
server.performExpand(null);
const inbox = await until("the inbox", () => server.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox));
pane().displayFolder(inbox);
"""
_OPEN = """
const inbox = server.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox), view = pane();
inbox.updateFolder(null);
const header = await until("the e-mail", () => [...inbox.messages].find(one => one.messageId === given[0]));
const row = await until("its line", () => {
  const index = view.gDBView?.findIndexOfMsgHdr(header, true);
  return index < view.gDBView?.rowCount && { index };
});
view.threadTree.selectedIndex = row.index;
const shown = await until("its text", () => {
  const message = view.messageBrowser.contentWindow;
  return message?.gMessage?.messageKey === header.messageKey && message;
});
await until("the bar above it", () => {
  const [item] = shown.calImipBar?.itipItem?.getItemList() ?? [];
  return item && Number(item.getProperty("SEQUENCE") ?? 0) === given[1] && shown.calImipBar.actionFunc;
});
let before, same = 0;
return until("its buttons", () => {
  const now = buttons().map(one => one.label);
  same = now.length && String(now) === String(before) ? same + 1 : 0;
  before = now;
  return same > 4 && now;
});
"""
_PRESS = """
buttons().find(one => one.label === given[0]).click();
"""
_ENTRIES = """
const [calendar] = cal.manager.getCalendars().filter(one => one.name === "Family");
const items = await calendar.getItemsAsArray(Ci.calICalendar.ITEM_FILTER_ALL_ITEMS, 0, null, null);
return items.map(one => [
  one.title, one.startDate.nativeTime / 1e6, one.endDate.nativeTime / 1e6,
  one.startDate.getInTimezone(cal.dtz.defaultTimezone).icalString, one.getProperty("LOCATION") ?? "", one.getProperty("DESCRIPTION") ?? "",
]);
"""


@dataclass(frozen=True)
class Shown:
    """One entry of the calendar; `on_the_clock`: its start as this computer's own clock shows it."""

    title: str
    starts_at: datetime
    ends_at: datetime
    on_the_clock: datetime
    place: str
    description: str


class Thunderbird:
    """What a person does in it."""

    def __init__(self, remote: Marionette) -> None:
        self._remote = remote

    def open(self, message_id: str, sequence: int) -> list[str]:
        """Fetch and open an e-mail with this revision of the entry; give the buttons above it."""
        buttons: list[str] = self._remote.run(_TOOLS + _OPEN, message_id.strip("<>"), sequence)
        return buttons

    def press(self, button: str) -> None:
        """Press one of them."""
        self._remote.run(_TOOLS + _PRESS, button)

    def entries(self) -> list[Shown]:
        """Give what the calendar has."""
        return [
            Shown(
                title=title,
                starts_at=datetime.fromtimestamp(starts, UTC),
                ends_at=datetime.fromtimestamp(ends, UTC),
                on_the_clock=datetime.fromisoformat(clock),
                place=place,
                description=description,
            )
            for title, starts, ends, clock, place, description in self._remote.run(_TOOLS + _ENTRIES)
        ]


@contextmanager
def thunderbird(
    folder: Path, *, address: str, user: str, password: str, imap_port: int, smtp_port: int, zone: str
) -> Iterator[Thunderbird]:
    """Run it with a fresh profile, on a screen nobody sees; its clock is in this zone."""
    port = free_port()
    own = {
        "marionette.port": port,
        "mail.identity.id1.useremail": address,
        "mail.server.server1.port": imap_port,
        "mail.server.server1.userName": user,
        "mail.smtpserver.smtp1.port": smtp_port,
        "calendar.timezone.useSystemTimezone": True,
    }
    profile, home = folder / "profile", folder / "home"
    profile.mkdir()
    home.mkdir()
    lines = (f"user_pref({_js(name)}, {_js(value)});\n" for name, value in (_PREFERENCES | own).items())
    (profile / "user.js").write_text("".join(lines), encoding="utf-8")
    with _screen(folder / "screen.log") as display, (folder / "log").open("wb") as log:
        environment = {**os.environ, "DISPLAY": display, "HOME": str(home), "TZ": zone, "LANG": "C.UTF-8"}
        command = ["thunderbird", "--marionette", "-remote-allow-system-access", "--no-remote", "--profile", str(profile)]
        with subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process:
            try:
                remote = _connected(port, process)
                remote.run(_TOOLS + _BEGIN, password)
                yield Thunderbird(remote)
                remote.close()
            finally:
                process.terminate()


@contextmanager
def _screen(log: Path) -> Iterator[str]:
    """Run an X server without a screen on a free display; give its name."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x1000x24", "-nolisten", "tcp"]
    with log.open("wb") as said, subprocess.Popen(command, pass_fds=(writing,), stdout=said, stderr=said) as server:
        try:
            os.close(writing)
            with os.fdopen(reading) as number:
                yield f":{number.readline().strip()}"
        finally:
            server.terminate()


def _connected(port: int, process: subprocess.Popen[bytes], *, seconds: float = 180) -> Marionette:
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        with suppress(OSError):
            return Marionette(port)
        time.sleep(0.1)
    raise AssertionError(f"Thunderbird never answered: {process.poll()}")


def _js(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int) else f'"{value}"'
