"""Into which classes the students of an import come; makes classes that the list names and the school doesn't have yet.

Joins the caller's transaction, which has locked the school.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import delete, exists, select

from outreach.class_lists import KnownStudent, ListedStudent
from outreach.db import db, insert_in_order
from outreach.folding import name_key
from outreach.models import ImportBatch, SchoolClass, enrolment
from outreach.schools.apply_plan import join_classes
from outreach.schools.imports.choices import NEW_CLASS


def enrol(batch: ImportBatch, students: Sequence[tuple[int, ListedStudent]], before: Mapping[int, KnownStudent]) -> None:
    """Put students into the classes their rows name, or else into that of the batch; who moves leaves the others."""
    ids = _ids_of_names(batch, {name for _key, row in students for name in row.class_names})
    usual = {batch.class_id} if batch.class_id is not None else set()
    joins, leaves = [], []
    for key, row in students:
        target = {ids[name] for name in row.class_names if name in ids} or usual
        mine = before[key].class_ids if key in before else frozenset()
        joins += [(key, class_id) for class_id in target - mine]
        leaves += [(key, class_id) for class_id in mine - target if batch.review.get("moves") and row.class_names]
    for key, class_id in leaves:
        db.session.execute(delete(enrolment).where(enrolment.c.student_id == key, enrolment.c.class_id == class_id))
    join_classes(joins)


def delete_empty_classes(class_ids: Iterable[int]) -> None:
    """Delete the classes an import made, unless somebody is in them by now."""
    is_empty = ~exists().where(enrolment.c.class_id == SchoolClass.id)
    gone = delete(SchoolClass).where(SchoolClass.id.in_(class_ids), is_empty)
    db.session.execute(gone.execution_options(synchronize_session=False))


def _ids_of_names(batch: ImportBatch, wanted: set[str]) -> dict[str, int]:
    """Give the class each name stands for; one that is to be new is made, unless there is one of that name by now."""
    stands_for = {one["name"]: one["stands_for"] for one in batch.review.get("classes", ()) if one["name"] in wanted}
    if not stands_for:
        return {}
    rows = db.session.execute(select(SchoolClass.id, SchoolClass.name).where(SchoolClass.school_id == batch.school_id))
    there = {name_key(name): key for key, name in rows}
    new = {name_key(name): name for name, key in stands_for.items() if key == NEW_CLASS and name_key(name) not in there}
    if new:
        names = [{"school_id": batch.school_id, "name": name, "folded": SchoolClass.folded_from({"name": name})} for name in new.values()]
        made = insert_in_order(SchoolClass, names)
        there |= dict(zip(new, made, strict=True))
        batch.review = batch.review | {"made_classes": [*batch.review.get("made_classes", ()), *made]}
    known = set(there.values())
    found = {name: there[name_key(name)] if key == NEW_CLASS else key for name, key in stands_for.items()}
    return {name: key for name, key in found.items() if key in known}
