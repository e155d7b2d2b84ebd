"""The blueprint of the pages about registrations."""

from flask import Blueprint

registration = Blueprint("registration", __name__)
