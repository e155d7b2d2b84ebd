"""A pytest plugin for one fault in what runs while modules are imported: a constant, a class, a default.

The faulty module is compiled from memory when something imports it; the tests named are run, in their order, until one fails.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import hypothesis
import pytest

from tests.mutants.product import read_module, read_names

REQUEST_VARIABLE = "MUTANTS_REQUEST"

hypothesis.settings.register_profile("mutants", database=None, derandomize=True)
hypothesis.settings.load_profile("mutants")


class Faulty(SourceFileLoader):
    """Loads a module with a fault."""

    code: CodeType

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 (the loader's signature)
        """Give the faulty code."""
        return self.code


class Finder(MetaPathFinder):
    """Finds one module."""

    def __init__(self, name: str, code: CodeType) -> None:
        """Which one, and what it should be."""
        self.name = name
        self.code = code

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Answer for this one only."""
        if fullname != self.name:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            loader = Faulty(fullname, spec.origin)
            loader.code = self.code
            spec.loader = loader
        return spec


class Chosen:
    """Keeps only the tests named, in their order."""

    def __init__(self, names: Sequence[str]) -> None:
        """Which."""
        self.order = {name: position for position, name in enumerate(names)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep and sort."""
        items[:] = sorted((item for item in items if item.nodeid in self.order), key=lambda item: self.order[item.nodeid])


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Put the fault in before anything imports the product."""
    request: dict[str, Any] = json.loads(Path(os.environ[REQUEST_VARIABLE]).read_text(encoding="utf-8"))
    early_config.pluginmanager.register(Chosen(request["tests"]))
    if request["fault"] is None:
        return
    root = early_config.rootpath
    path, place, number = request["fault"]
    module = read_module(root, path, read_names(root))
    fault = next(one for one in module.faults if (one.place, one.number) == (place, number))
    code = compile(module.faulty(fault), str(root / path), "exec", dont_inherit=True)
    name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    sys.meta_path.insert(0, Finder(name, code))
