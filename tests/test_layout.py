"""The floors of CONTRIBUTING.md: each file imports only from its own floor and from below."""

import ast
import re
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

FLOORS: list[tuple[str, ...]] = [
    (
        "app.model",
        "app.errors",
        "app.settings",
        "app.notations",
        "app.logs",
        "app.histogram",
        "app.traces",
        "auth",
    ),
    ("app.protocol", "app.storage", "app.brokers", "app.outlets", "app.iaq"),
    ("app.domain", "app.transport"),
    ("app.edge",),
    ("app.backends", "app.bounds", "app.bootstrap", "app.main", "app.server"),
    ("app.cli", "app.stack", "app.__main__"),
]
"""From the ground up."""
DEMO = "app.demo"
"""Stands beside the house: a client of the gateway."""


def modules() -> dict[str, Path]:
    """Every module of the product by its name."""
    paths = [path for folder in ("app", "auth") for path in (ROOT / folder).rglob("*.py")]
    return {_name(path): path for path in paths}


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> Iterator[str]:
    """Names of modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def floor(module: str) -> int | None:
    """None for what stands on no floor: other libraries, the package itself, the demo."""
    for number, packages in enumerate(FLOORS):
        if any(within(module, package) for package in packages):
            return number
    return None


def who_imports(library: str) -> set[str]:
    return {
        module
        for module, path in modules().items()
        if any(within(name, library) for name in imported(path))
    }


def test_the_map_for_newcomers_shows_every_floor() -> None:
    shown = (ROOT / "CONTRIBUTING.md").read_text()
    for package in (name for packages in FLOORS for name in packages):
        path = ROOT / package.replace(".", "/")
        assert f"`{path.relative_to(ROOT)}{'/' if path.is_dir() else '.py'}`" in shown


def test_every_module_stands_on_a_floor() -> None:
    outside = {module for module in modules() if floor(module) is None}
    assert {module for module in outside if not within(module, DEMO)} == {"app"}


@pytest.mark.parametrize("module", sorted(modules()))
def test_a_module_imports_only_from_its_floor_and_below(module: str) -> None:
    own = floor(module)
    if own is None:
        return
    above = {name for name in imported(modules()[module]) if (floor(name) or 0) > own}
    assert above == set()


def test_no_two_modules_import_each_other_even_by_way_of_others() -> None:
    known = modules()
    packages = {module for module, path in known.items() if path.name == "__init__.py"}
    graph = {
        module: {name for name in imported(path) if name in known and name not in packages}
        for module, path in known.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {error.args[1]}")


def test_auth_is_a_leaf() -> None:
    assert {module for module in who_imports("app") if within(module, "auth")} == set()


def test_one_file_imports_jose() -> None:
    assert who_imports("jose") == {"auth.tokens"}


@pytest.mark.parametrize("library", ["asyncio", "fastapi", "starlette", "uvicorn", "time"])
def test_the_protocol_is_pure(library: str) -> None:
    assert {module for module in who_imports(library) if within(module, "app.protocol")} == set()


def test_only_one_place_of_the_gateway_names_the_concrete_store() -> None:
    allowed = ("app.backends", "app.cli", "app.storage")
    users = who_imports("app.storage.sqlite") | who_imports("app.storage.postgres")
    assert {
        module for module in users if not any(within(module, package) for package in allowed)
    } == set()
    assert "app.backends" in users


def test_the_demo_knows_the_gateway_only_by_its_wire() -> None:
    for module, path in modules().items():
        if within(module, DEMO):
            inner = {name for name in imported(path) if name.partition(".")[0] in ("app", "auth")}
            assert all(within(name, DEMO) or within(name, "app.iaq") for name in inner), module


def test_the_python_client_knows_nothing_of_the_gateway() -> None:
    files = list((ROOT / "clients" / "python" / "iaqverse").glob("*.py"))
    assert files
    for path in files:
        assert not {name.partition(".")[0] for name in imported(path)} & {"app", "auth"}, path


def test_what_the_product_imports_is_locked_for_who_runs_it() -> None:
    """The tests' own environment has more, so a demo that lacked a package would not show here."""
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    locked = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE)) | {"psycopg-binary"}
    provided = packages_distributions()
    client = (ROOT / "clients" / "python" / "iaqverse").glob("*.py")
    traced = modules()["app.traces"]  # of an extra
    for path in [*modules().values(), *client]:
        for name in {name.partition(".")[0] for name in imported(path)} - sys.stdlib_module_names:
            if name in {"app", "auth", "iaqverse"} or path == traced:
                continue
            assert locked & {re.sub(r"[._]", "-", each.lower()) for each in provided[name]}, name


def test_fastapi_is_known_at_the_edge_and_where_routes_are_put_together() -> None:
    allowed = ("app.edge", "app.main")
    assert {
        module
        for module in who_imports("fastapi")
        if not any(within(module, package) for package in allowed)
    } == set()
