"""The Flask extensions, made once and bound to the app by `create_app`; Flask-Security is made for each app (accounts/security.py)."""

from typing import Any

from flask import current_app
from flask_babel import Babel
from flask_compress import Compress
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from werkzeug.local import LocalProxy

from outreach.db import db

babel = Babel()
compress = Compress()
csrf = CSRFProtect()
limiter = Limiter(key_func=get_remote_address)
migrate = Migrate()
security: Any = LocalProxy(lambda: current_app.extensions["security"])

__all__ = ["babel", "compress", "csrf", "db", "limiter", "migrate", "security"]
