"""How letters leave: the queue, the message, the delivery."""

from outreach.outbox.bounces import came_back, delayed_lately, did_not_arrive, record_bounce
from outreach.outbox.delivery import USUAL_PACE, deliver_due
from outreach.outbox.domain_limit import DomainLimit
from outreach.outbox.leases import Pace
from outreach.outbox.queue import NewLetter, belongs_to_entry, drop_letters, enqueue, is_superseded, is_waiting_notice, queued_letters
from outreach.outbox.results import RoundStatistics
from outreach.outbox.schools import schools_of

__all__ = [
    "USUAL_PACE",
    "DomainLimit",
    "NewLetter",
    "Pace",
    "RoundStatistics",
    "belongs_to_entry",
    "came_back",
    "delayed_lately",
    "deliver_due",
    "did_not_arrive",
    "drop_letters",
    "enqueue",
    "is_superseded",
    "is_waiting_notice",
    "queued_letters",
    "record_bounce",
    "schools_of",
]
