"""The rows of a batch: what each is, what the review says of it, and whether that still holds.

Reads only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from outreach.class_lists import ImportPlan, ImportQuestion, ListedStudent, ListError, StudentUpdate, error_words
from outreach.db import db
from outreach.errors import NotThere, Refusal, Stale
from outreach.folding import name_key
from outreach.models import ImportBatch, ImportRow, ImportSection, School
from outreach.schools.batches.codec import Act, listed_of, packed, plain_value, plain_values, read_choices, unpacked
from outreach.schools.imports.choices import ImportChoices
from outreach.schools.imports.habits import guardian_default, layout_of
from outreach.schools.imports.leavers import covered_classes, leaving_head, may_leave
from outreach.schools.imports.questions import column_lines, questions_of
from outreach.schools.imports.review import Review
from outreach.schools.imports.use_cases import Proposal, Sheet, propose, read_list
from outreach.schools.queries import fingerprint

TO_WRITE = (ImportSection.NEW, ImportSection.UPDATED)


@dataclass(frozen=True)
class Replanned:
    """What planning again changes: rows of the batch by id, and rows that answers have added. `version`: of the school then."""

    version: int
    classes: dict[str, Any]
    rows: list[dict[str, Any]]
    new: list[dict[str, Any]]


def people_version(school_id: int) -> int:
    """Give the number of changes of a school's people so far; read before the people, so that it is never ahead of them."""
    return db.session.scalar(select(School.people_version).where(School.id == school_id)) or 0


def rows_of(batch_id: int, review: Review, proposal: Proposal) -> list[dict[str, Any]]:
    """Give the rows of a review in its order, each with what is to be done."""
    plan = proposal.plan
    parts: tuple[tuple[ImportSection, Sequence[Any], Sequence[Act | None]], ...] = (
        (ImportSection.BAD, review.bad, [None] * len(review.bad)),
        (ImportSection.ASKED, review.asked, proposal.questions),
        (ImportSection.NEW, review.new, plan.add),
        (ImportSection.UPDATED, review.updated, plan.update),
        (ImportSection.UNCHANGED, review.unchanged, plan.unchanged),
    )
    rows = [
        _row(batch_id, section, shown.line, plain_values(shown), act)
        for section, all_shown, acts in parts
        for shown, act in zip(all_shown, acts, strict=True)
    ]
    absent = zip(review.absent, plan.absent, strict=True)
    return rows + [_row(batch_id, ImportSection.ABSENT, 0, {"name": name}, None) | {"act": {"student_id": key}} for name, key in absent]


def _row(batch_id: int, section: ImportSection, line: int, shown: dict[str, Any], act: Act | None) -> dict[str, Any]:
    done = {"act": packed(act) if act is not None else None, "is_written": False}
    return {"batch_id": batch_id, "section": section, "line": line, "shown": shown} | done


def plan_again(batch: ImportBatch, *, today: date) -> Replanned:
    """Read a list as its choices say now, and compare its rows with those that the review showed, and with the school as it is now.

    What needs no change any more is fine. Raises Stale where something would be done that wasn't shown, and Refusal while a question has
    no answer.
    """
    stored = _Stored(db.session.scalars(select(ImportRow).where(ImportRow.batch_id == batch.id, ImportRow.act.is_not(None))))
    version, sheet = people_version(batch.school_id), read_batch_list(batch, today=today)
    if sheet.reading is None or sheet.open:
        raise Refusal(_("Some questions about the list need your answer first."))
    proposal = propose(sheet.reading, sheet.choices, school_id=batch.school_id, class_id=batch.class_id or 0)
    if not stored.shows(proposal.before):
        raise Stale(_stale(batch))
    still_open = [one for one in proposal.plan.open_guardians if one.line not in stored.written]
    if still_open or any(question.row.line not in stored.written for question in proposal.unanswered):
        raise Refusal(_("Some rows need your answer first."))
    if any(fingerprint(one) not in batch.review["guardian_signs"] for one in proposal.guardian_questions if one.line not in stored.written):
        raise Stale(_stale(batch))
    classes = {"classes": plain_value(proposal.named.classes), "moves": sheet.choices.moves}
    changed, new = stored.differences(batch.id, proposal.plan)
    if sheet.choices.leaves:
        kept = (
            may_leave(sheet.reading, proposal)
            and covered_classes(proposal, batch.review.get("made_classes", ())) == batch.review["covered"]
        )
        if not kept or not stored.absent.keys() | stored.settled >= set(proposal.plan.absent):
            raise Stale(_stale(batch))
        back = stored.absent.keys() - set(proposal.plan.absent)
        changed += [{"id": stored.absent[key], "section": ImportSection.UNCHANGED, "act": None} for key in back]
    return Replanned(version, classes, changed, new)


def read_batch_list(batch: ImportBatch, *, today: date) -> Sheet:
    """Read the list of a batch as its choices say. Raises NotThere where it isn't kept any more, Refusal for what is no list."""
    if batch.content is None:
        raise NotThere(_("We no longer have this list: it is kept for a day. Please upload it again."))
    try:
        return read_list(batch.content, read_choices(batch.choices), today=today, school=batch.school)
    except ListError as refusal:
        raise Refusal(error_words(refusal)) from None


def _stale(batch: ImportBatch) -> str:
    if batch.written:
        return _("The list or the class has changed since you checked it. The rest was not imported. Please check again.")
    return _("The list or the class has changed since you checked it. Nothing was imported. Please check again.")


class _Stored:
    """The acts that the review showed, by row; and the rows of those who aren't on the list and are still there, by student."""

    def __init__(self, rows: Iterable[ImportRow]) -> None:
        self.rows: dict[tuple[ImportSection, int], tuple[ImportRow, Act]] = {}
        self.written: set[int] = set()
        self.absent: dict[int, int] = {}
        self.settled: set[int] = set()  # those who have left, or stayed for their seats
        for row in rows:
            if row.act is None:
                continue
            if row.section is ImportSection.ABSENT:
                if row.is_written:
                    self.settled.add(row.act["student_id"])
                else:
                    self.absent[row.act["student_id"]] = row.id
                continue
            self.rows[row.section, row.line] = row, unpacked(row.act)
            self.written |= {row.line} if row.is_written else set()

    def shows(self, plan: ImportPlan) -> bool:
        """Say whether all that a plan does was shown. A guardian's change that a sibling's row has made is done."""
        acts: list[Act] = [*plan.add, *plan.update, *plan.ask]
        return all(self._has_shown(act) for act in acts if listed_of(act).line not in self.written)

    def _has_shown(self, act: Act) -> bool:
        section = {ListedStudent: ImportSection.NEW, StudentUpdate: ImportSection.UPDATED, ImportQuestion: ImportSection.ASKED}[type(act)]
        _row, shown = self.rows.get((section, listed_of(act).line), (None, None))
        if isinstance(act, StudentUpdate) and isinstance(shown, StudentUpdate):
            return _is_part_of(act, shown)
        return act == shown

    def differences(self, batch_id: int, plan: ImportPlan) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Give the rows to change: acts that became smaller, or need nothing any more; and those that answers have added."""
        acts: dict[tuple[ImportSection, int], Act] = {(ImportSection.NEW, row.line): row for row in plan.add}
        acts |= {(ImportSection.UPDATED, one.row.line): one for one in plan.update}
        changed, new = [], []
        for key, (row, act) in self.rows.items():
            if key[0] not in TO_WRITE or row.is_written:
                continue
            now = acts.get(key)
            if now is None:
                changed.append({"id": row.id, "section": ImportSection.UNCHANGED, "act": row.act})
            elif now != act:
                changed.append({"id": row.id, "section": row.section, "act": packed(now)})
        for key, act in acts.items():
            if key not in self.rows and key[1] not in self.written:
                new.append(_row(batch_id, key[0], key[1], {}, act))
        return changed, new


def _is_part_of(act: StudentUpdate, shown: StudentUpdate) -> bool:
    """Say whether an update does nothing that isn't in the one shown; what answers add to it was shown with its question."""
    parts: tuple[str, ...] = ("guardian_changes", "new_guardians", "ended_guardians")
    nothing: dict[str, Any] = dict.fromkeys(parts, ())
    same = replace(act, **nothing) == replace(shown, **nothing)
    return same and all(one in getattr(shown, part) for part in parts for one in getattr(act, part))


def head_of(sheet: Sheet, proposal: Proposal | None, review: Review | None, school: School | None = None) -> dict[str, Any]:
    """Give what the review says above its rows, as plain values."""
    columns = [plain_values(column) for column in column_lines(sheet, sheet.choices)]
    head: dict[str, Any] = {"columns": columns, "guardian_signs": [], "layout": layout_of(sheet.table, sheet.columns)}
    head["asked"] = plain_values(questions_of(sheet, proposal, guardian_default(school) if school else None))
    head |= {"has_headings": sheet.columns.heading_line is not None, "refusal": error_words(sheet.refusal) if sheet.refusal else ""}
    if review is None or proposal is None or sheet.reading is None:
        return head | {"has_rows": False}
    rows = {section.value for section in ImportSection}
    plain = {name: value for name, value in plain_values(review).items() if name not in rows}
    counts = {section.value: len(getattr(review, section.value)) for section in ImportSection}
    signs = [fingerprint(question) for question in proposal.guardian_questions]
    more = {"has_rows": True, "counts": counts, "to_write": review.to_write, "guardian_signs": signs}
    classes = {key: name for key, name in sorted(proposal.class_names.items(), key=lambda one: name_key(one[1])) if key > 0}
    more |= leaving_head(sheet, sheet.reading, proposal)
    more |= {"classes": plain_value(proposal.named.classes), "class_options": list(classes.items()), "moves": sheet.choices.moves}
    return head | plain | more | {"date_order": sheet.choices.date_order or sheet.reading.date_order or ""}


def answers_of(choices: ImportChoices) -> Mapping[int, str]:
    """Give what is ticked for each row that was asked about."""
    return {line: str(who or "new") for line, who in choices.answers.items()} | dict.fromkeys(choices.left_out, "out")
