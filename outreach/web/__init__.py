"""What pages share: blueprints' helpers, forms and fields, paging, error pages, headers, words for dates."""

from outreach.web import formatting, locale, pages, templating
from outreach.web.attested import AttestedFact, ChangedMeanwhile, must_be_as_shown, shown
from outreach.web.extensions import compress, csrf, db, limiter, migrate, security
from outreach.web.fields import (
    AddressField,
    CountryField,
    LineField,
    NameField,
    ProseField,
    SelectChoice,
    ZoneField,
    required,
    validated,
)
from outreach.web.flask_config import flask_settings
from outreach.web.formatting import table_moment
from outreach.web.once import forget_form_keys
from outreach.web.pages import BEYOND_KEYS, CONTENT_POLICY, Form, error_page, load, me, needs_sign_in, settings, signed_in
from outreach.web.paging import Filter, Page, choices, filter_from, one_of, page_among, page_number, page_of
from outreach.web.table_files import TableFormat, table_file
from outreach.web.templating import QuickEnvironment

__all__ = [
    "BEYOND_KEYS",
    "CONTENT_POLICY",
    "AddressField",
    "AttestedFact",
    "ChangedMeanwhile",
    "CountryField",
    "Filter",
    "Form",
    "LineField",
    "NameField",
    "Page",
    "ProseField",
    "QuickEnvironment",
    "SelectChoice",
    "TableFormat",
    "ZoneField",
    "choices",
    "compress",
    "csrf",
    "db",
    "error_page",
    "filter_from",
    "flask_settings",
    "forget_form_keys",
    "formatting",
    "limiter",
    "load",
    "locale",
    "me",
    "migrate",
    "must_be_as_shown",
    "needs_sign_in",
    "one_of",
    "page_among",
    "page_number",
    "page_of",
    "pages",
    "required",
    "security",
    "settings",
    "shown",
    "signed_in",
    "table_file",
    "table_moment",
    "templating",
    "validated",
]
