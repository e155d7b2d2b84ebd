"""What the words of a mail server mean: no such mailbox, refused by policy, or not now.

Pure. Servers say one thing in many ways, so a few words that stand near each other decide, in the order of `kind_said`: what
speaks of policy is never taken for a missing mailbox. Names of hosts and addresses are left out: `spam.example` says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from outreach.mail import ABOUT_US
from outreach.mail import kind_of as kind_of_status
from outreach.models import BounceKind

_WHO = (
    r"(?:user|rcpt|(?:mail ?)?box|mail ?drop|recipient|address(?:ee)?|account|person|name|alias|customer|client|subscriber|login|user ?id"
    r"|local(?:[ -]?part)?|destination|destinataire|utilisateur|utente|usuario|destinatario|empf(?:ä|ae|\?)nger|benutzer|konto"
    r")s?"
)
_IS_GONE = (
    r"(?:unknown|not (?:be )?found|(?:not|n't)(?: an?)? (?:be )?(?:\w+ )?(?:exist\w*|valid|known|found|listed|recogni\w+|active|available)"
    r"|n't have"
    r"|nonexist\w+|no longer|disabled|deactivated|inactive|discontinued|closed|terminated|deleted|expired|suspended|frozen"
    r"|invalide?|(?<!service )unavailable"
    r"|undeliverable|inconnue?|desconocid[oa]|sconosciut[oa]|unbekannt|inexist\w+|no existe|has moved|not in directory"
    r"|not our customer)"
)
_THIS_LETTER = (
    r"(?:box|folder|quota|disk|storage|postfach|konto|inbox)\b.{0,40}\b(?:full|exceed\w*|voll|reached)",
    r"\b(?:over|exceed\w*|out of)\b.{0,40}\b(?:quota|storage|allowed size|disk space|mailbox size)",
    r"(?:insufficient|not enough|no) (?:system |disk |mail )?(?:storage|space)|mailfull|容量|перепол",
    r"bo[iî]te.{0,40}(?:pleine|satur)|buz[oó]n.{0,20}llen|cas(?:illa|ella).{0,20}(?:llena|piena)|caixa.{0,20}cheia",
    r"(?:message|mail|file|line|size).{0,30}(?:too (?:big|large|long)|exceeds?|limit exceeded)|size limit|over ?-?quota",
    r"quota violation|overdrawn",
    r"frequency limited|lost connection|service refus\w+.{0,80}(?:try later|plus tard)",
)
_CLOSED = (
    r"(?:recipient|mailbox|user|account)(?:'s)? (?:account )?(?:is|has been) (?:blocked|locked|suspended|frozen)",
    r"disabled recipient",
    r"5\.4\.1\b.{0,80}access denied|all recipient address\w* rejected|mailbox name not allowed|domain is not reachable",
    r"lookup failure: host.{0,80}not found|(?:mx|srv) record indicated|destinataire est bloqu|mailbox is frozen",
    r"account (?:that you tried to reach )?(?:is|has been) (?:disabled|suspended|inactive)",
)
_SENDER_UNCLEAR = (r"sender address unknown",)
_POLICY = (
    r"from: ?domain|valid from\b|groups\.google\.com/support",
    r"\bsender\b(?: \w+){0,3} (?:reject|den(?:y|ied)|refuse|ban|block|verif|list)\w*",
    r"\bsender\b.{0,60}(?:not|n't) (?:allow|verif|permit|accept|exist)\w*",
    r"(?:reject\w*|block\w*|invalid|bad|unroute?able|unverified|forged) (?:the )?(?:envelope |mail )?sender",
    r"domain of (?:the )?sender|mail from\b.{0,60}reject",
    r"spam|\bjunk\b|unsolicited|(?:black|block) ?-?list|\bbanned\b|dns-?bl|\brbl\b|/query/bl|reputation|complaints?",
    r"unexpected volume|suspicious",
    r"dmarc|\bspf\b|\bdkim\b|(?:un|not )authenticated|authentication|unauthori[sz]ed|not authori[sz]ed|polic(?:y|ies)",
    r"violation|restrict|not verified",
    r"\bptr\b|\br-?dns\b|reverse dns|ip (?:name )?lookup|\bhelo\b|unverif(?:y|i)able|mismatches client",
    r"invalid (?:ip|domain name)|no smtp service",
    r"(?<!anti)(?<!anti-)\bvirus|malware|infected|phish|relay(?! recipient|=)|access (?:is )?denied",
    r"(?:permission|relaying) denied|forbidden|prohibited|\bnot (?:\w+ )?(?:allowed|permitted)",
    r"\bblocked\b|\bblocking\b|\brefused to talk\b.{0,40}5\d\d|not accepting (?:connections|mail from)|must issue",
    r"tls (?:is )?required|starttls",
    r"not (?:a )?member|permission to post|投稿|gesperrt|weren't sent|does not exist e\d{4}",
)
_REFUSED = (
    r"(?:client|host|server|ip|connection|message|mail|content|attachment|transaction)\b.{0,40}\b(?:reject|refus|disallow|unaccept)\w*",
    r"rejected?\b.{0,30}\b(?:message|mail|content)\b|rejet[eé]|\bdenied\b|^\W*5\d\d (?:[5.]+\d+ )?rejected|not accepted",
    r"does not accept",
)
_NOT_NOW = (
    r"gr[ea]y ?-?list|too many|\bat a rate\b|rate ?-?limit|throttl|temporar|tempor[aä]r|timed ?out|time-?out",
    r"connection (?:refused|reset|lost|dropped)",
    r"(?:un|not )able to (?:connect|contact)|(?:could|can)(?: ?not|n't) connect|not accept our requests|not respond\w*",
    r"(?:network|host) (?:is )?(?:unreachable|not reachable)",
    r"no route to host|\bloop\b|loops back|(?:message|time|delivery|queue|envelope).{0,30}expired",
    r"for the last \d+ (?:seconds|minutes|hours|days)|retry time|queue too long|delivery time|deferred|too busy|lookup failure",
    r"resources",
    r"(?:host|server|domain)\b.{0,80}\btry again|(?:more than|within|after) \d+ (?:days?|hours?|minutes)|socket error",
    r"refused to talk",
)
_NO_DOMAIN = (
    r"(?:unknown|no such|invalid|illegal|bad|non-?existent|unroute?able) (?:mail |recipient )?(?:host|domain)",
    r"(?:host|domain)(?: or domain)?(?: name)?(?: \S+)?(?: is)? (?:unknown|not (?:be )?found|nonexistent|invalid)",
    r"(?:host|domain)(?: name)?(?: \S+)? (?:does|did)(?: not|n't) exist",
    r"nxdomain|null ?-?mx|no mx\b|couldn't find any host",
    r"(?:domain|host|server)\b.{0,60}(?:n't|not) (?:receive|accept)s?(?: any)? e?-?mail",
    r"domain.{0,40}(?:couldn't|could not|cannot) be (?:found|resolved)|name service error.{0,80}not found|ドメイン.{0,20}(?:存在|見つか)",
)
_NOBODY = (
    rf"\b(?:unknown|no such|no valid|invalid|non-?existent|unrecogni[sz]ed|undeliverable|unroute?able) (?:\w+ )?{_WHO}\b",
    rf"\b(?:inactive|deactivated|disabled|bad|unbekannte[rn]?) (?:\w+ )?{_WHO}\b",
    rf"(?<!sender )\b{_WHO}\b.{{0,60}}?(?:\b|(?<=n't)){_IS_GONE}\b|\b{_WHO}\b.{{0,30}} n'existe",
    r"\bno (?:\w+ )?(?:mail ?box|user|one|person|account|recipient)s? (?:here|by that|with that|of that|at this|found|available)",
    r"(?:n't|not) have an? .{0,40}account",
    r"not (?:a|our) (?:known |registered |valid )?(?:gateway )?(?:user|customer|recipient|mailbox)|recip(?:ient)?notfound",
    r"mailbox unavailable",
    r"recipient(?: address)?(?:es)?(?: was| has been)? rejected\.?(?:$|\W+(?:see|in reply))",
    r"(?:was|were) (?:not|n't) (?:recogni[sz]ed|found)|(?:couldn't|could not) be found|list[ -]of[ -]addresses",
    r"\b(?:listed|found) in (?:the )?(?:domino|public|global|name)|adresse.{0,40}invalide|(?:has|have|user) moved",
    r"no valid recipients|no longer (?:on|with|at)",
    r"(?:ユーザ|アドレス|あて先|宛先|受信者|ディレクトリ).{0,60}(?:見つか|存在し|ありません|不明)|存在しない",
    r"не (?:существует|найден)|неизвестн",
)


def _any_of(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_ORDER = (
    (_any_of(_THIS_LETTER), BounceKind.SOFT),
    (_any_of(_CLOSED), BounceKind.HARD),
    (_any_of(_SENDER_UNCLEAR), BounceKind.SOFT),
    (_any_of(_POLICY), BounceKind.POLICY),
    (_any_of(_NOT_NOW), BounceKind.SOFT),
    (_any_of(_NO_DOMAIN), BounceKind.HARD),
    (_any_of(_NOBODY), BounceKind.HARD),
    (_any_of(_REFUSED), BounceKind.POLICY),
)
_NO_DOMAIN_WORDS = _any_of(_NO_DOMAIN)

_CODE = re.compile(r"(?<![\d.:/#-])([45])\d\d(?=[\s-]|$)", re.ASCII)
_NAMES = re.compile(
    r"(?<![\w/])[^\s<>\"'(),;:\[\]/]{0,80}@[^\s<>\"'(),;:\[\]]{0,80}"
    r"|(?<![\w/.:-])[\w-]{1,60}(?:\.[\w-]{1,60}){0,8}\.[a-z]{2,24}(?![\w/-])"
)
_WIDEST = 4000

_LATE = _any_of(
    (
        r"\bwarning\b|will (?:be |continue to be |keep |continue to )?(?:re-?)?tr(?:y|ied|ying)|still being retried|still trying",
        r"(?:is|has been|was|are) delayed|\bdelay(?:ed)?\)|no action is required|not need to resend|not yet been delivered",
        r"delivery incomplete",
    )
)
_FAILED = _any_of(
    (r"permanent(?:ly)?\b|fatal error|giving up|given up|not going to try|retry timeout|delivery has failed|fail(?:ed|ure)\b",)
)
_RETURNED = _any_of(
    (
        r"undeliver|not (?:be )?deliver|n't (?:be )?deliver|deliver\w* (?:has |have )?fail|fail\w* (?:to )?deliver",
        r"returned (?:mail|to sender)|delivery status",
        r"failure notice|mail (?:system )?error|unzustellbar|nicht zugestellt|non (?:remis|distribu)",
        r"no se (?:pudo|ha podido) entregar|送信できません|配信",
        r"non recapita|n[aã]o (?:foi )?entreg|niedostarcz|не доставлен|did ?n[o']t reach|rejected\b|not reach(?:ed)?\b",
    )
)


def kind_of(status: str, words: str) -> BounceKind:
    """Say what a failed delivery with this status ("5.1.1", "" without one) and these words means.

    No such mailbox or no way to it (5.1, 5.2.1, 5.4) is HARD; 5.7 is POLICY; 4.x.x, a full mailbox (5.2.2), what has expired
    and all that speaks of this letter or this moment is SOFT. Plain words count more than the status: servers say "5.1.1" of a
    full mailbox, "5.7.1" and "5.0.0" of one that doesn't exist. What neither says is SOFT: that is counted, so one unclear
    refusal cuts nobody off, and several are seen.
    """
    if status in ABOUT_US:
        return BounceKind.POLICY
    is_passing = status == "5.2.2" or (status.startswith("4.") and not status.endswith(".0.0"))
    if (said := kind_said(words)) and not (said is BounceKind.HARD and is_passing):
        return said
    has_expired = status.endswith(".4.7")
    return (None if has_expired else kind_of_status(status)) or BounceKind.SOFT


def kind_said(words: str) -> BounceKind | None:
    """Say what these words mean; None where they say nothing that we know.

    A code of 4xx is "not now", whatever a server says of the mailbox; a domain that doesn't exist has no server to say more.
    """
    said = " ".join(_NAMES.sub(" ", words[:_WIDEST]).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").replace("_", " ").split())
    kind = next((kind for pattern, kind in _ORDER if pattern.search(said)), None)
    code = _CODE.search(said)
    if kind is BounceKind.HARD and code and code[1] == "4" and not _NO_DOMAIN_WORDS.search(said):
        return BounceKind.SOFT
    return kind


def is_late(text: str) -> bool:
    """Say whether a report in words is about a letter that is late only: the server goes on trying."""
    return bool(_LATE.search(text[:_WIDEST])) and not _FAILED.search(text[:_WIDEST])


def says_returned(text: str) -> bool:
    """Say whether a text speaks of a letter that wasn't delivered."""
    return bool(_RETURNED.search(text[:_WIDEST]))
