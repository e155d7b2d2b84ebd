"""Outreach: sessions in medicine and surgery, posted by clinicians, registered for by schools."""

import zoneinfo

# Debian's zone files are older than the tzdata package we pin, and zoneinfo reads them first:
# from here on only the package counts (docs/decisions.md, "Zone data").
zoneinfo.reset_tzpath(())
zoneinfo.ZoneInfo.clear_cache()
