"""What a coordinator does: decide on applications, keep schools and sites.

Two coordinators may sit at the same page: the second learns that it has been decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TypeVar

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from outreach.coordination.age_rules import follow_majority, set_floors
from outreach.db import db, locked, transaction
from outreach.errors import NotThere, Refusal, Stale
from outreach.folding import name_key
from outreach.models import (
    Application,
    ApplicationSnapshot,
    ApplicationState,
    Appointment,
    LetterKind,
    Membership,
    Role,
    RoleName,
    School,
    Site,
    User,
)
from outreach.outbox import NewLetter, enqueue
from outreach.web import AttestedFact, must_be_as_shown


@dataclass(frozen=True, kw_only=True)
class SchoolInput:
    """A school. `country` is ISO 3166-1 alpha-2, `zone` an IANA name."""

    name: str
    town: str
    country: str
    zone: str
    majority_age: int
    phone: str = ""


@dataclass(frozen=True, kw_only=True)
class SiteInput:
    """A hospital or venue; what happens there runs on the clock of its `zone`."""

    name: str
    address: str
    country: str
    zone: str


Place = TypeVar("Place", School, Site)
Shown = Mapping[str, str] | None


def approve_teacher(
    application_id: int, school: int | SchoolInput, *, by_id: int, note: str, now: datetime, shown: Mapping[str, str] | None = None
) -> None:
    """Give the role and the membership of a school, known (its id) or new, and write to the applicant.

    Raises Stale when it has been decided, ChangedMeanwhile where the application isn't as it was `shown`, Refusal for an unconfirmed
    address or a name that is taken.
    """
    with transaction():
        application, user = _to_approve(application_id, RoleName.TEACHER, shown)
        given = _place(School, school)
        if db.session.get(Membership, (user.id, given.id)) is None:
            db.session.add(Membership(user_id=user.id, school_id=given.id, approved_by_id=by_id, approved_at=now))
        _decide(application, user, ApplicationState.APPROVED, given.name, by_id=by_id, note=note, now=now)


def approve_clinician(
    application_id: int, site: int | SiteInput, *, by_id: int, note: str, now: datetime, shown: Mapping[str, str] | None = None
) -> None:
    """Give the role and the appointment at a site, known (its id) or new, and write to the applicant.

    Raises Stale when it has been decided, ChangedMeanwhile where the application isn't as it was `shown`, Refusal for an unconfirmed
    address or a name that is taken.
    """
    with transaction():
        application, user = _to_approve(application_id, RoleName.CLINICIAN, shown)
        given = _place(Site, site)
        if db.session.get(Appointment, (user.id, given.id)) is None:
            db.session.add(Appointment(user_id=user.id, site_id=given.id, approved_by_id=by_id, approved_at=now))
        _decide(application, user, ApplicationState.APPROVED, given.name, by_id=by_id, note=note, now=now)


def what_an_approval_confirms(application: Application) -> list[AttestedFact]:
    """Give what a coordinator reads before they approve: who applies, and for what."""
    user = application.user
    return [
        AttestedFact("name", _("Name"), user.name),
        AttestedFact("address", _("E-mail"), user.email),
        AttestedFact("place", _("School or hospital they named"), application.place),
        AttestedFact("message", _("Message"), application.message),
    ]


def decline(application_id: int, *, by_id: int, note: str, now: datetime) -> None:
    """Decline, and tell the applicant why. Raises Stale when it has been decided."""
    with transaction():
        application, user = _pending(application_id)
        _decide(application, user, ApplicationState.DECLINED, application.place, by_id=by_id, note=note, now=now)


def keep_school(school_id: int | None, typed: SchoolInput, *, now: datetime) -> int:
    """Correct a school, or add one (None); give its id. Raises Refusal when another one has the name.

    Where the age of majority changes, who is a minor now has guardians told, and seats are held or confirmed as that needs.
    """
    with transaction():
        before = db.session.scalar(select(School.majority_age).where(School.id == school_id).with_for_update(key_share=True))
        school = _kept(School, school_id, typed)
        if before not in (None, school.majority_age):
            follow_majority(school.id, now=now)
        return school.id


def keep_site(site_id: int | None, typed: SiteInput, *, floors: Mapping[int, int | None] | None = None, now: datetime) -> int:
    """Correct a site, or add one (None); give its id. Sessions posted already keep their time and zone.

    `floors`: the age floor of each of its areas. Where one changes, the seats of sessions to come there are settled: of those who
    are too young by now the hosts decide.
    """
    with transaction():
        site = _kept(Site, site_id, typed)
        set_floors(site.id, floors or {}, now=now)
        return site.id


def _to_approve(application_id: int, role: RoleName, shown: Shown) -> tuple[Application, User]:
    application, user = _pending(application_id)
    if application.role != role:
        raise Refusal(_("This application is for another role."))
    if user.confirmed_at is None:
        raise Refusal(
            _("Their address isn't confirmed yet. Until they open the link in our e-mail, the application could be from anybody.")
        )
    must_be_as_shown(shown, what_an_approval_confirms(application))
    return application, user


def _pending(application_id: int) -> tuple[Application, User]:
    application = locked(Application, application_id)
    if application is None:
        raise NotThere(_("This application no longer exists."))
    if application.state != ApplicationState.PENDING:
        raise Stale(_("Another coordinator has already decided on this application. Nothing was changed."))
    return application, user_afresh(application.user_id)


def _decide(application: Application, user: User, state: ApplicationState, place: str, *, by_id: int, note: str, now: datetime) -> None:
    application.decide(state, by=user_afresh(by_id), note=note, now=now)
    is_approved = state == ApplicationState.APPROVED
    if is_approved and not user.is_a(application.role):
        user.roles.append(db.session.scalars(select(Role).where(Role.name == application.role)).one())
    # Until an address is confirmed, its reader may be a stranger to whoever typed the name and the place.
    name, place = (user.name, place) if user.confirmed_at else ("", "")
    snapshot = ApplicationSnapshot(reader_name=name, role=application.role.value, place=place, is_approved=is_approved, note=note)
    key = f"application:{application.id}"
    enqueue([NewLetter(mailbox_id=user.mailbox_id, kind=LetterKind.APPLICATION, facts=snapshot.to_json(), dedupe_key=key)], now=now)


def _place(model: type[Place], chosen: int | SchoolInput | SiteInput) -> Place:
    if not isinstance(chosen, int):
        return _kept(model, None, chosen)
    found = locked(model, chosen)  # it may be merged into another just now
    if found is None:
        raise Refusal(_("That school or site no longer exists. Please choose another."))
    return found


def _kept(model: type[Place], key: int | None, typed: SchoolInput | SiteInput) -> Place:
    organisation = model() if key is None else locked(model, key)
    if organisation is None:
        raise NotThere(_("This school or site no longer exists."))
    must_be_free(model, typed.name, but=key)
    for name, value in asdict(typed).items():
        setattr(organisation, name, value)
    db.session.add(organisation)
    try:
        db.session.flush()
    except IntegrityError:  # a rival has just added the same
        raise _taken() from None
    return organisation


def must_be_free(model: type[School | Site], name: str, *, but: int | None) -> None:
    """Raise Refusal where another school or site has this name."""
    if db.session.scalar(select(model.id).where(model.folded == name_key(name), model.id != (but or 0))) is not None:
        raise _taken()


def _taken() -> Refusal:
    sentence = _("There is already one with this name. Choose it from the list, or add the town to the name to tell them apart.")
    return Refusal(sentence, field="name")


def user_afresh(user_id: int) -> User:
    """Read somebody afresh. No lock: what is written here doesn't depend on what others write of them."""
    user = db.session.get(User, user_id, populate_existing=True)
    if user is None:
        raise NotThere(_("This account no longer exists."))
    return user
