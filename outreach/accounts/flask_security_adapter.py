"""How Flask-Security's changes and letters reach the database: in one transaction of ours.

Its own way, changing what a view has read and committing after the request, fails on SQLite whenever a rival has
committed in between: a read can't become a write there. And hashing in between makes the gap 0.2 s wide.
"""

from __future__ import annotations

from typing import Any

from flask import g
from flask_babel import gettext as _
from flask_security import MailUtil, SQLAlchemyUserDatastore
from flask_security.mail_util import EmailValidateException
from sqlalchemy import inspect
from sqlalchemy.orm.attributes import set_committed_value

from outreach.accounts.letters import password_changed_letter, reset_letter
from outreach.accounts.use_cases import keep_account_changes
from outreach.models import User
from outreach.people import normal_address
from outreach.web import db, security


class UserStore(SQLAlchemyUserDatastore):
    """Notes what was changed instead of leaving it to a flush; `commit` or the letter about it writes it down."""

    def put(self, model: User) -> User:
        """Note the changed columns; the object keeps its new values, the session stays clean."""
        state: Any = inspect(model)
        changed = {c.key: getattr(model, c.key) for c in state.mapper.column_attrs if state.attrs[c.key].history.has_changes()}
        if changed:
            _noted_changes().setdefault(model.id, {}).update(changed)
            db.session.expire(model)
            for name, value in changed.items():
                set_committed_value(model, name, value)
        return model

    def commit(self) -> None:
        """Write down what no letter has taken along."""
        if changes := g.pop("account_changes", {}):
            keep_account_changes(changes, [], now=security.datetime_factory())


class OutboxMail(MailUtil):
    """Puts into the outbox what Flask-Security would send inside the request; addresses look as in mailboxes."""

    def normalize(self, email: str) -> str:
        """Give the address as a mailbox keeps it."""
        try:
            return normal_address(email.strip())
        except ValueError:
            raise EmailValidateException(_("That doesn't look like an e-mail address. It needs the form name@school.org.")) from None

    validate = normalize

    def send_mail(self, template: str, *_rendered: Any, **context: Any) -> None:
        """Write the letter, in one transaction with the change it is about."""
        now, user = security.datetime_factory(), context["user"]
        if template == "security/email/reset_instructions":
            letter = reset_letter(user, context["reset_token"], now=now)
        elif template in {"security/email/reset_notice", "security/email/change_notice"}:
            letter = password_changed_letter(user, now=now)
        else:
            raise ValueError(f"There is no letter for {template}")
        keep_account_changes(g.pop("account_changes", {}), [letter], now=now)


def _noted_changes() -> dict[int, dict[str, Any]]:
    if "account_changes" not in g:
        g.account_changes = {}
    changes: dict[int, dict[str, Any]] = g.account_changes
    return changes
