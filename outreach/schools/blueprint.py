"""The blueprint all pages of a school hang on."""

from flask import Blueprint

schools = Blueprint("schools", __name__)
