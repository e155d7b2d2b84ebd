"""The blueprint of all pages about e-mails and invitations."""

from flask import Blueprint

mail_admin = Blueprint("mail_admin", __name__, url_prefix="/coordination")
