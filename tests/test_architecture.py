"""Who may import whom, and the laws of the house: read from the source with `ast`.

Exceptions stand here by name, with the reason; one that is no longer needed fails as well.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter

import pytest

from outreach.settings import ROOT

# The packages, and the modules beside them, from top to bottom: each may import what stands below it, never what stands above.
ORDER = (
    # Puts it together.
    *("cli", "demo", "runtime", "outreach", "blueprints"),
    # Looks at the service; imported only from above.
    *("doctor", "demo_mailbox"),
    # What people do, with pages.
    *(
        "coordination",
        "mail_admin",
        "accounts",
        "about",
        "schools",
        "class_lists",
        "scheduling",
        "catalogue",
        "families",
        "inbound",
        "registration",
    ),
    # What follows from it. `clearance` will stand here, below them all.
    *("deliverability", "rsvp", "notifications", "background", "outbox", "letters", "calendars"),
    # The foundation. `audit` will stand here.
    *("web", "policy", "tokens", "people", "mail", "models", "db", "settings", "time", "folding", "logs", "errors"),
)
WIRING = {"cli", "demo", "runtime", "outreach", "blueprints"}
# Watches the service from beside it, and knows only these features.
ASIDE = {"doctor": {"outbox", "inbound"}, "demo_mailbox": {"outbox"}}
FOUNDATION = set(ORDER[ORDER.index("web") :])
# Modules that any package may import from another, beside what its `__init__.py` lists.
OFFERED_MODULES = ("use_cases", "queries", "rules")
# What the modules that put all together gather from each package.
GATHERED = ("views", "blueprint", "commands")
MAY_BE_LARGE = {"outreach/letters/kinds", "outreach/models"}

# Pure: standard library without the world outside, other pure modules, nouns, and at most the libraries named here.
LIBRARIES = {
    "outreach.settings.dkim_key": {"dkim"},
    "outreach.calendars.itip": {"icalendar"},
    "outreach.inbound.authentication_results": {"authres"},
    "outreach.mail.organisational_domain": {"publicsuffixlist"},
    "outreach.models.snapshots": {"cattrs"},
    "outreach.calendars.vtimezone": {"icalendar"},
    "outreach.tokens": {"itsdangerous", "flask_babel"},
    "outreach.demo_mailbox.reading": {"icalendar"},
    "outreach.inbound.parsing.calendar": {"icalendar"},
    "outreach.inbound.parsing.bounces": {"flufl"},
    "outreach.people.normal_form": {"email_validator"},
    "outreach.time.zones": {"babel"},
}
NOUNS = {"outreach.models", "outreach.settings", "outreach.errors"}
THE_WORLD = {
    *(
        "asyncio",
        "ftplib",
        "glob",
        "http",
        "imaplib",
        "logging",
        "multiprocessing",
        "os",
        "pathlib",
        "poplib",
        "random",
        "secrets",
        "select",
    ),
    *("shutil", "signal", "smtplib", "socket", "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time", "uuid"),
}
MUST_BE_PURE = {
    *("people.contacts", "notifications.due_times", "calendars.itip", "calendars.vtimezone", "time.clock_changes"),
    *("calendars.entry", "models.snapshots", "registration.allocation", "time.wall_time", "mail.mime"),
    *("outbox.retry", "letters.out_of_date", "class_lists.match", "class_lists.plan", "class_lists.row_reader", "tokens", "mail.verp"),
    *(
        "inbound.recipient_token",
        "inbound.parsing.message",
        "inbound.rules",
        "inbound.authentication_results",
        "inbound.parsing.reading",
        "inbound.classify",
    ),
    *("rsvp.rules", "mail_admin.status_rules", "mail.sanitize", "folding"),
}

OPEN_TRANSACTIONS = {
    "outreach.coordination.closing": "use cases with a module of their own",
    "outreach.coordination.merging": "use cases with a module of their own",
    "outreach.mail_admin.resend": "use cases with a module of their own",
    "outreach.demo.filling": "founds the demo, where no use case would take so much at once",
    "outreach.families.link_again": "use cases with a module of their own",
    "outreach.notifications.decision_requests": "planned by a job: the use case is its own",
    "outreach.notifications.reminders": "planned by a job: the use case is its own",
    "outreach.notifications.rosters": "planned by a job: the use case is its own",
    "outreach.registration.seat_jobs": "planned by a job: the use cases are its own",
    "outreach.registration.sheet.draws": "a use case with a module of its own",
    "outreach.scheduling.retime": "a use case with a module of its own, and a transaction for each session",
    "outreach.outbox.delivery": "leases and settles around the sending, never during it",
    "outreach.schools.birth_dates": "a use case with a module of its own",
    "outreach.schools.removal": "use cases with a module of their own",
    "outreach.schools.students": "use cases with a module of their own",
    "outreach.web.once": "notes after each form where it led to",
}
READ_THE_CLOCK = {
    "outreach.accounts.security": "hands our clock to Flask-Security",
    "outreach.web.fields": "shows what the clocks of each zone say now",
    "outreach.web.once": "notes when a form was sent",
}
READ_THE_REQUEST = {
    "outreach.accounts.security": "renders Flask-Security's pages, counts tries by the address typed",
    "outreach.logs": "names the view that failed, instead of the path",
    "outreach.web.locale": "asks the browser for a language",
    "outreach.web.attested": "reads what a form had shown",
    "outreach.web.once": "looks at every form before its view does",
}
ASK_THE_MACHINE = {
    "outreach.time.clock": "the only reader of the wall clock",
    "outreach.runtime.worker": "APScheduler lives by the machine's clock",
}


@lru_cache
def modules() -> dict[str, ast.Module]:
    """Give every module of the package by its dotted name."""
    found = {}
    for path in sorted((ROOT / "outreach").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


@lru_cache
def packages() -> dict[str, str]:
    """Give the packages right under `outreach`, each with the text of its `__init__.py`."""
    return {path.parent.name: path.read_text(encoding="utf-8") for path in (ROOT / "outreach").glob("*/__init__.py")}


@lru_cache
def interface(package: str) -> dict[str, str]:
    """Give the names a package offers, each with the module that defines it."""
    found = {}
    tree = modules()[f"outreach.{package}"]
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("outreach."):
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                found[alias.name] = full if full in modules() else node.module
    listed = next((node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"), None)
    names = ast.literal_eval(listed) if listed is not None else []
    return {name: found.get(name, f"outreach.{package}") for name in names}


@lru_cache
def imports(module: str) -> frozenset[str]:
    """Give what a module imports: our modules in full, by the one that defines the name; libraries by their first name."""
    found: set[str] = set()
    for node in ast.walk(modules()[module]):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            found |= {_defined_in(node.module or "", alias.name) for alias in node.names}
    return frozenset(name if name.startswith("outreach") else name.partition(".")[0] for name in found)


def _defined_in(origin: str, name: str) -> str:
    package = origin.removeprefix("outreach.")
    if package in packages() and name in interface(package):
        return interface(package)[name]
    full = f"{origin}.{name}"
    return full if full in modules() else origin


def part(module: str) -> str:
    """Give the package a module belongs to, or its own name where it stands beside the packages."""
    return module.split(".")[1] if "." in module else module


def ours(module: str) -> set[str]:
    return {name for name in imports(module) if name.partition(".")[0] == "outreach"}


def law(module: str) -> str:
    return ast.get_docstring(modules()[module]) or ""


def is_pure(module: str) -> bool:
    """Say whether its docstring claims so; "Pure but for ..." claims less."""
    return re.search(r"\bPure(?=[.:]| over)", law(module)) is not None


def is_view(module: str) -> bool:
    return module.rpartition(".")[2].endswith("views")


def may_import(one: str, other: str) -> bool:
    """Say whether this part of the code may import that one."""
    if one == other:
        return True
    if one in ASIDE and other not in FOUNDATION:
        return other in ASIDE[one]
    if other in ASIDE:
        return one in WIRING
    return ORDER.index(one) < ORDER.index(other)


def impurities(module: str) -> set[str]:
    """Give what a pure module imports and mustn't."""
    libraries = {name for name in imports(module) - ours(module) if name not in sys.stdlib_module_names}
    worldly = {name for name in ours(module) if not is_pure(name) and name not in NOUNS and part(name) != "models"}
    return (libraries - LIBRARIES.get(module, set())) | (imports(module) & THE_WORLD) | worldly


def using(find: Callable[[ast.AST], bool]) -> set[str]:
    """Give the modules in which this is found."""
    return {name for name, tree in modules().items() if any(find(node) for node in ast.walk(tree))}


def calls(node: ast.AST) -> Iterator[str]:
    """Give what is called, as written: `datetime.now`."""
    if isinstance(node, ast.Call):
        yield ast.unparse(node.func)


def test_every_part_has_its_place() -> None:
    parts = {part(module) for module in modules()}
    assert parts <= set(ORDER), f"give these a place in the order: {parts - set(ORDER)}"
    assert set(ORDER) <= parts, f"no longer there: {set(ORDER) - parts}"


def test_imports_run_down() -> None:
    wrong = {module: [name for name in ours(module) if not may_import(part(module), part(name))] for module in modules()}
    assert not {module: names for module, names in wrong.items() if names}


def test_packages_import_what_others_offer() -> None:
    """A package offers what its `__init__.py` lists, and its use cases, queries and rules."""
    wrong = [
        (module, node.module, alias.name)
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("outreach.")
        for alias in node.names
        if not _is_offered(module, node.module or "", alias.name)
    ]
    assert wrong == []


def _is_offered(module: str, origin: str, name: str) -> bool:
    package, _dot, inner = origin.removeprefix("outreach.").partition(".")
    if package not in packages() or package == part(module):
        return True
    if not inner:
        return name in interface(package) or name in OFFERED_MODULES or (part(module) in WIRING and name.endswith(GATHERED))
    return inner in OFFERED_MODULES or (part(module) in WIRING and inner.endswith(GATHERED))


def test_what_a_package_offers_is_used_outside() -> None:
    used = {_name_used(module, node, alias) for module, tree in modules().items() for node, alias in _names_imported(tree)}
    unused = {f"{package}.{name}" for package in packages() for name in interface(package)} - used
    assert unused - {f"{package}.{name}" for package in ("models", "settings") for name in interface(package)} == set()


def _names_imported(tree: ast.Module) -> Iterator[tuple[ast.ImportFrom, ast.alias]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from ((node, alias) for alias in node.names)


def _name_used(module: str, node: ast.ImportFrom, alias: ast.alias) -> str:
    package = (node.module or "").removeprefix("outreach.")
    return f"{package}.{alias.name}" if package != part(module) else ""


def test_a_class_name_stands_for_one_thing() -> None:
    found = [node.name for tree in modules().values() for node in tree.body if isinstance(node, ast.ClassDef) if node.name[0] != "_"]
    assert {name for name in found if found.count(name) > 1} == set()


def test_no_folder_holds_too_many_modules() -> None:
    counts = Counter(str(path.parent.relative_to(ROOT)) for path in (ROOT / "outreach").rglob("*.py") if path.name != "__init__.py")
    assert {folder: count for folder, count in counts.items() if count > 16 and folder not in MAY_BE_LARGE} == {}


def test_nothing_goes_round_in_a_circle() -> None:
    graph = {module: ours(module) - {module, "outreach"} for module in modules()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" imports ".join(circle.args[1]))


def test_pure_modules_import_nothing_that_reaches_the_world() -> None:
    wrong = {module: impurities(module) for module in modules() if is_pure(module)}
    assert len(wrong) > len(MUST_BE_PURE)
    assert not {module: names for module, names in wrong.items() if names}


def test_the_rules_that_decide_are_pure() -> None:
    assert not {name for name in MUST_BE_PURE if not is_pure(f"outreach.{name}")}
    assert not {name for name, allowed in LIBRARIES.items() if not (is_pure(name) and allowed <= imports(name))}


def test_no_import_hides_in_a_function() -> None:
    def hides_an_import(node: ast.AST) -> bool:
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        return is_function and any(isinstance(inner, ast.Import | ast.ImportFrom) for inner in ast.walk(node))

    assert using(hides_an_import) == set()


def test_only_views_know_of_a_request() -> None:
    def is_request(node: ast.AST) -> bool:
        names = {alias.name for alias in node.names} if isinstance(node, ast.ImportFrom) and node.module == "flask" else set()
        return "request" in names or (isinstance(node, ast.Attribute) and ast.unparse(node) == "flask.request")

    assert {module for module in using(is_request) if not is_view(module)} == set(READ_THE_REQUEST)


def test_only_use_cases_open_transactions() -> None:
    opening = using(lambda node: "transaction" in calls(node))
    assert {module for module in opening if not module.endswith(".use_cases")} == set(OPEN_TRANSACTIONS)


def test_only_use_cases_commit() -> None:
    committing = using(lambda node: any(call.endswith(("session.commit", "session.begin")) for call in calls(node)))
    assert committing == {"outreach.db"}


def test_only_the_edge_reads_our_clock() -> None:
    """Views, commands and the worker; everyone else is told the time."""
    reading = {module for module in modules() if "outreach.time.clock" in ours(module)}
    inner = {
        module for module in reading if not is_view(module) and not module.endswith(".commands") and part(module) not in {*WIRING, "time"}
    }
    assert inner == set(READ_THE_CLOCK)


def test_nobody_asks_the_machine_for_the_time() -> None:
    machine = {
        "datetime.now",
        "datetime.utcnow",
        "datetime.today",
        "date.today",
        "time.time",
        "datetime.datetime.now",
        "datetime.date.today",
    }
    assert using(lambda node: any(call in machine for call in calls(node))) == set(ASK_THE_MACHINE)


def test_every_module_says_what_it_holds() -> None:
    first = {module: law(module).partition("\n")[0] for module in modules()}
    assert not {module for module, line in first.items() if not (line.endswith((".", ":")) or ". " in line)}


def test_no_module_is_too_long_to_read() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / "outreach").rglob("*.py")
    }
    assert not {name: length for name, length in lengths.items() if length > 300}


def test_no_variable_is_called_session() -> None:
    """Flask and SQLAlchemy own the word: ours is `outreach_session`."""

    def names_one_so(node: ast.AST) -> bool:
        inside = list(ast.walk(node)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else []
        stored = {inner.id for inner in inside if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)}
        return "session" in stored | {inner.arg for inner in inside if isinstance(inner, ast.arg)}

    assert using(names_one_so) == set()
