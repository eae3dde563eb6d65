"""TLS as testssl.sh and sslyze see it, with a certificate of the development authority."""

import shutil
import subprocess
from collections.abc import Iterator

import pytest

from audit import tools
from tests.stack.bare_nginx import BareNginx, bare_nginx


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BareNginx]:
    folder = tmp_path_factory.mktemp("nginx")
    with bare_nginx(folder, folder / "gateway.sock") as running:
        yield running


def said(*command: object) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def test_sslyze_finds_mozillas_intermediate_profile(nginx: BareNginx) -> None:
    trust = ["--certinfo_ca_file", nginx.authority]
    address = f"localhost:{nginx.https_port}"
    report = said(tools.tool("sslyze"), "--mozilla_config", "intermediate", *trust, address)
    assert f"{address}: OK - Compliant." in report, report[-2000:]


@pytest.fixture(scope="module")
def testssl(nginx: BareNginx) -> list[str]:
    """What it says. Three minutes, most of which it waits."""
    if not (shutil.which("host") and shutil.which("hexdump")):
        pytest.skip("testssl.sh needs host and hexdump")
    quiet = ["--quiet", "--color", "0", "--warnings", "off", "--nodns", "none"]
    where = ["--ip", "127.0.0.1", f"localhost:{nginx.https_port}"]
    openssl = ["--openssl", shutil.which("openssl")]
    report = said("bash", tools.testssl(), *openssl, "--add-ca", nginx.authority, *quiet, *where)
    return [" ".join(line.split()) for line in report.splitlines()]


def test_testssl_finds_no_known_attack(testssl: list[str]) -> None:
    attacks = [line for line in testssl if "(CVE-" in line]
    assert len(attacks) > 10, testssl
    assert not [line for line in attacks if "(OK)" not in line]


def test_testssl_grades_a_plus(testssl: list[str]) -> None:
    grades = [line for line in testssl if "Grade" in line]
    if not grades:
        pytest.skip("this testssl.sh is older than 3.2 and gives no grade")
    assert "Overall Grade A+" in grades, testssl
