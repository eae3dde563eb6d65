"""`auth` stands on nothing of ours, and python-jose is reached through one file."""

import ast
import subprocess
import sys
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


def test_encrypted_tokens_are_never_read() -> None:
    """CVE-2024-33664: `jose.jwe` expands what is compressed without a bound."""
    program = "import sys, auth.tokens; sys.exit('jose.jwe' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
