"""Labels of roles and states on the coordinator's pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from outreach.models import ApplicationState, RoleName, SessionState

ROLES = {
    RoleName.CLINICIAN: _l("Clinician"),
    RoleName.TEACHER: _l("Teacher"),
    RoleName.COORDINATOR: _l("Coordinator"),
}
APPLICATION_STATES = {
    ApplicationState.PENDING: _l("Waiting"),
    ApplicationState.APPROVED: _l("Approved"),
    ApplicationState.DECLINED: _l("Declined"),
}
SESSION_STATES = {
    SessionState.DRAFT: _l("Draft"),
    SessionState.PUBLISHED: _l("Published"),
    SessionState.CANCELLED: _l("Cancelled"),
}
