"""`auth` stands on nothing of ours, and python-jose is reached through one file."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = sorted(
    path.relative_to(ROOT) for top in ("auth", "app") for path in (ROOT / top).rglob("*.py")
)


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
    return names


@pytest.mark.parametrize("path", CODE, ids=str)
def test_only_the_tokens_file_imports_jose(path: Path) -> None:
    assert ("jose" in imported(path)) == (path == Path("auth/tokens.py"))


@pytest.mark.parametrize("path", [path for path in CODE if path.parts[0] == "auth"], ids=str)
def test_auth_never_imports_app(path: Path) -> None:
    assert "app" not in imported(path)
