"""Writes a session down as it is now, for letters to carry."""

from __future__ import annotations

from outreach.models import OutreachSession, SessionSnapshot, SessionState


def snapshot_of(outreach_session: OutreachSession) -> SessionSnapshot:
    """Write down a session as it is now."""
    site, area = outreach_session.site, outreach_session.area
    return SessionSnapshot(
        id=outreach_session.id,
        title=outreach_session.title,
        format_key=outreach_session.format_key,
        format_name=outreach_session.format.name,
        host_name=outreach_session.host.name,
        starts_wall=outreach_session.starts_wall,
        ends_wall=outreach_session.ends_wall,
        zone=outreach_session.zone,
        fold=outreach_session.fold,
        starts_at=outreach_session.starts_at,
        ends_at=outreach_session.ends_at,
        site_name=site.name if site else "",
        area_name=area.name if area else "",
        address=site.address if site else "",
        meeting_point=outreach_session.meeting_point,
        video_url=outreach_session.video_url,
        bring=outreach_session.bring,
        wear=outreach_session.wear,
        kit=outreach_session.kit,
        is_cancelled=outreach_session.state == SessionState.CANCELLED,
        cancel_reason=outreach_session.cancel_reason,
        is_provisional=outreach_session.awaits_decision,
        decides_at=outreach_session.decides_at if outreach_session.awaits_decision else None,
        frees_declined_seats=outreach_session.frees_declined_seats,
    )
