"""The WSGI application: `gunicorn wsgi:app`."""

from outreach import create_app

app = create_app()
