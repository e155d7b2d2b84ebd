"""Notes that somebody is away, written by their program (RFC 3834, and older ones by their subject).

Pure. They go to the address that bounces go to. A note that speaks of a letter that wasn't delivered is none.
"""

from __future__ import annotations

import re

from outreach.inbound.parsing.bounce_texts import is_named_as_server, spoken_in, text_of
from outreach.inbound.parsing.bounce_words import says_returned
from outreach.inbound.parsing.mime import Parts, first, is_automatic, subject_of

_AWAY = re.compile(
    r"^(?:\W|re\b|aw\b)*(?:auto(?:matic|mated|matische?|matisk\w*|m[aá]tica)?[ -]?(?:repl|respon|re:|generated|answer|antwort|svar)"
    r"|automat\w* (?:antw|svar|odpow|abwesen)"
    r"|out of (?:the )?office|away from|i am away|on (?:annual |maternity |parental )?(?:leave|holiday|vacation)|vacation"
    r"|absen[ct]|abwesen|nicht im (?:büro|haus)"
    r"|r[eé]ponse auto|respuesta auto|resposta auto|risposta auto|fuori (?:sede|ufficio)|fuera de (?:la )?oficina|afwezig"
    r"|fravær|frånvar|poza biurem"
    r"|自動(?:返信|応答)|不在|автоответ|автоматический ответ|ooo\b)",
    re.IGNORECASE,
)


def is_away_note(message: Parts) -> bool:
    """Say whether a person's program wrote this to say that they are away, or have got it."""
    headers, subject = message.headers, subject_of(message.headers)
    if is_named_as_server(headers) or not (is_automatic(headers) or _AWAY.match(subject)):
        return False
    text = text_of(message)
    return bool(_AWAY.match(subject)) or not (
        spoken_in(text) or says_returned(f"{subject}\n{text}") or first(headers, "X-Failed-Recipients")
    )
