"""Students and guardians: no account, one private link each."""

from outreach.families.forms import ANSWERS
from outreach.families.link_again import may_ask, send_links
from outreach.families.views import keep_private

__all__ = ["ANSWERS", "keep_private", "may_ask", "send_links"]
