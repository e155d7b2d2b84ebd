"""An answer in Outlook's own format (TNEF, `winmail.dat`), which an Exchange server sends to whom it takes for an Outlook user.

Pure. The format isn't read: only the name of the kind of message is looked for in it, else the subject says which answer it is.
That is enough to tell a person; nothing is changed by it.
"""

from __future__ import annotations

import re

from outreach.inbound.parsing.mime import Parts, file_name, subject_of

_TYPES = {"application/ms-tnef", "application/vnd.ms-tnef"}
_RESPONSE = re.compile(rb"IPM\.Schedule\.Meeting\.Resp\.(Pos|Neg|Tent)", re.IGNORECASE)
_ANSWERS = {b"pos": "ACCEPTED", b"neg": "DECLINED", b"tent": "TENTATIVE"}
_SUBJECTS = (
    ("TENTATIVE", r"tentativ|mit vorbehalt|vorl[äa]ufig|provisoire|provisional|provvisori|provis[óo]ri|voorlopig|prelimin|wst[ęe]pn|仮"),
    ("DECLINED", r"declin|abgelehnt|abgesagt|refus|rechazad|rifiutat|recusad|geweigerd|avvisat|avslått|afvist|odrzuc|辞退|отклон"),
    ("ACCEPTED", r"accept|zugesagt|angenommen|aceptad|accettat|aceite|geaccepteerd|godk[äj]|acceptert|zaakcept|承諾|принят"),
)
_SUBJECT = tuple((partstat, re.compile(rf"(?:{words})[^:：]{{0,20}}[:：]", re.IGNORECASE)) for partstat, words in _SUBJECTS)


def outlook_answer(message: Parts) -> str:
    """Give the answer as PARTSTAT, "UNKNOWN" where it says not which; "" where there is no answer in this format."""
    found = [leaf for leaf in message.leaves if leaf.type in _TYPES or file_name(leaf.headers).lower() == "winmail.dat"]
    if not found:
        return ""
    subject = subject_of(message.headers)
    by_subject = next((partstat for partstat, words in _SUBJECT if words.match(subject)), "")
    named = next(filter(None, (_RESPONSE.search(leaf.content.replace(b"\0", b"")) for leaf in found)), None)
    if named:
        return _ANSWERS[named[1].lower()]
    is_answer = any(b"ipm.schedule.meeting.resp" in leaf.content.replace(b"\0", b"").lower() for leaf in found)
    return by_subject or ("UNKNOWN" if is_answer else "")
