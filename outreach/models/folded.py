"""The folded form of what a row is called, kept beside it: both databases search, compare and order by it in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Text, and_, event, false, inspect, true
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from outreach.folding import name_key, search_words

_IN_ORDER_OF_CODES = Text().with_variant(Text(collation="C"), "postgresql")


class Folded:
    """Rows with a column `folded`, made from the columns in `FOLDS`, the one that decides the order first.

    Inserts and the ORM's updates fill it; an UPDATE statement that sets one of those columns sets it too, by `folded_from`.
    """

    FOLDS: ClassVar[tuple[str, ...]]

    @classmethod
    def folded_from(cls, values: Mapping[str, Any]) -> str:
        """Give the folded form of a row's values by column."""
        # A line break comes before a blank: "Garcia, Zoe" stands before "Garcia Lopez, Ana".
        return "\n".join(filter(None, (name_key(values.get(column) or "") for column in cls.FOLDS)))

    @declared_attr
    def folded(cls) -> Mapped[str]:  # noqa: N805 (SQLAlchemy passes the class)
        """Declare the column."""

        def fold(context: DefaultExecutionContext) -> str:
            return cls.folded_from(context.get_current_parameters())  # type: ignore[no-untyped-call]

        comment = "Folded name: to search and order by"
        return mapped_column(_IN_ORDER_OF_CODES, default=fold, server_default="", deferred=True, comment=comment)

    @classmethod
    def is_called(cls, typed: str) -> ColumnElement[bool]:
        """The condition that each word of what was typed is in the name; what holds no letters or digits is in none."""
        words = search_words(typed)
        return and_(true() if words else false(), *(cls.folded.contains(word, autoescape=True) for word in words))


@event.listens_for(Folded, "before_update", propagate=True)
def _fold_again(_mapper: Any, _connection: Any, row: Folded) -> None:
    state = inspect(row)
    if any(state.attrs[column].history.has_changes() for column in row.FOLDS):
        row.folded = row.folded_from({column: getattr(row, column) for column in row.FOLDS})
