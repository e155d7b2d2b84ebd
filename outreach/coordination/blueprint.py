"""The blueprint all pages of the coordinator hang on."""

from flask import Blueprint

coordination = Blueprint("coordination", __name__, url_prefix="/coordination")
