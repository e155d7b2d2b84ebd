"""The lock files hold what pyproject.toml asks for, and nothing of the place where they were made."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SERVICE = [*PYPROJECT["project"]["dependencies"], *PYPROJECT["build-system"]["requires"]]
TESTS = PYPROJECT["dependency-groups"]["dev"]


def locked(name: str) -> dict[str, set[str]]:
    """Versions by package: there may be one for each range of Pythons."""
    versions: dict[str, set[str]] = {}
    for package, version in re.findall(r"^([\w.-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE):
        versions.setdefault(canonicalize_name(package), set()).add(version)
    return versions


@pytest.mark.parametrize(("name", "wanted"), [("requirements.lock", SERVICE), ("requirements-dev.lock", SERVICE + TESTS)])
def test_every_dependency_is_locked_at_a_version_it_allows(name: str, wanted: list[str]) -> None:
    versions = locked(name)
    for requirement in map(Requirement, wanted):
        found = versions.get(canonicalize_name(requirement.name), set())
        assert found, f"{requirement.name} is missing: make lock"
        assert all(requirement.specifier.contains(version) for version in found), f"{requirement} is not what was locked: make lock"


def test_the_tests_run_on_what_the_service_runs_on() -> None:
    assert locked("requirements.lock").items() <= locked("requirements-dev.lock").items()


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_no_address_and_no_path(name: str) -> None:
    for line in (ROOT / name).read_text().splitlines():
        assert re.fullmatch(r"#[^/]*|[\w.-]+==\S+( ; [^/]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line), line
