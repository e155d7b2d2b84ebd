"""Reports as mail servers and programs write them, by hand in the form they use: `reports/NAME.eml`."""

from __future__ import annotations

from pathlib import Path
from string import Template

STATUS_REPORTS = ("postfix", "exchange", "exim")
_FOLDER = Path(__file__).parent / "reports"


def shaped_report(
    program: str,
    *,
    to: str,
    message_id: str = "<letter-1@outreach.example>",
    action: str = "failed",
    status: str = "5.1.1",
    words: str = "550 5.1.1 <ana@pupils.example>: Recipient address rejected: User unknown",
) -> bytes:
    """Give a report about the letter `message_id`, sent to the envelope sender `to`.

    `action`: of "complaint" the Feedback-Type, of "read_receipt" the disposition; "qmail" and "out_of_office" have none.
    """
    facts = {"to": to, "message_id": message_id, "action": action, "status": status, "words": words}
    return Template((_FOLDER / f"{program}.eml").read_text(encoding="utf-8")).substitute(facts).replace("\n", "\r\n").encode()
