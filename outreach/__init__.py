"""Outreach: sessions in medicine and surgery, posted by clinicians, registered for by schools."""

import gc
import os
import zoneinfo

# Debian's zone files are older than the tzdata package we pin, and zoneinfo reads them first:
# from here on only the package counts (docs/decisions.md, "Zone data").
zoneinfo.reset_tzpath(())
zoneinfo.ZoneInfo.clear_cache()

# Nothing that imports make is garbage. Looking for it would take a quarter of the time of a start, and again in every full collection.
_collects = gc.isenabled()
gc.disable()

from flask import Flask  # noqa: E402 (the zones come first)
from werkzeug.middleware.proxy_fix import ProxyFix  # noqa: E402

from outreach import blueprints, logs  # noqa: E402
from outreach.accounts import security  # noqa: E402
from outreach.settings import ROOT, Settings, read_settings  # noqa: E402
from outreach.web import compress, csrf, db, flask_settings, limiter, locale, migrate, pages, templating  # noqa: E402

gc.freeze()
if _collects:
    gc.enable()


def create_app(settings: Settings | None = None) -> Flask:
    """Make the service from its settings (from the environment when none are given)."""
    settings = settings or read_settings(os.environ)
    settings.instance_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    app = Flask(__name__, template_folder=str(ROOT / "templates"), instance_path=str(settings.instance_path))
    app.jinja_environment = templating.PageEnvironment
    app.config.from_mapping(flask_settings(settings))
    app.extensions["outreach"] = settings
    logs.init_app(app)
    for extension in (db, compress, csrf, limiter):
        extension.init_app(app)
    locale.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"))
    app.url_map.converters["int"] = pages.KeyConverter
    security.init_app(app)
    for blueprint in blueprints.blueprints(settings):
        app.register_blueprint(blueprint)
    pages.init_app(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # Flask's own pattern
    return app
