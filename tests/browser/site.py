"""The product as a person meets it: nginx and the gateway, people with tokens, a browser."""

import json
import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.stack.programs import ROOT
from tests.stack.stack_process import GREETING, PATIENCE, StackProcess

TENANT = "acme"
USER, PASSWORD = "marie@acme", "a window that is open"
VALUES = {"CO2": 645, "PM25": 12, "TVOC": 0.2, "Temperature": 22.3, "Humidity": 45}


class Site(StackProcess):
    """Without the demo: what the pages show was sent by the test."""

    def launch(self) -> None:
        self.environment |= {"HOME": str(self.folder)}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app", "up", "--no-demo"],
                cwd=self.folder,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def prepare(self) -> None:
        self.command("tenant", "add", TENANT)
        sensors = ",".join(f"s{number}" for number in range(1, 9))
        self.device = self.command("device", "add", "hub", "--tenant", TENANT, "--sensors", sensors)
        self.service = self.token("service")
        self.command("user", "add", USER, typed=PASSWORD)

    def restart(self) -> None:
        """After a crash, on the same ports and with the same state."""
        self.process.wait(PATIENCE)
        self.launch()
        self.await_text(GREETING)

    def command(self, *words: str, typed: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", "app", *words],
            cwd=self.folder,
            env=self.environment,
            input=typed,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def token(self, role: str = "dashboard", ttl: str = "15m", *more: str) -> str:
        return self.command("token", "--role", role, "--tenant", TENANT, "--ttl", ttl, *more)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.https_port}/"

    def measure(self, salle: str, sensor: str = "s1", *, at: float = 0, **values: float) -> None:
        """One measurement of a room; `at` seconds since the epoch, else now."""
        body = {
            "sensor_id": sensor,
            "enseigne": "Maison",
            "salle": salle,
            "timestamp": datetime.fromtimestamp(at or time.time(), UTC).isoformat(),
            "values": VALUES | values,
        }
        self._post("/api/ingest", self.device, body)

    def publish(self, topic: str, **members: Any) -> None:
        self._post(f"/api/publish/{topic}", self.service, {"enseigne": "Maison"} | members)

    def _post(self, path: str, token: str, body: Any) -> None:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        answer = self.ask(path, "POST", headers=headers, body=json.dumps(body).encode())
        assert answer.status < 300, answer.body

    def trust(self) -> bool:
        """Make browsers with this HOME trust the development authority; False without certutil."""
        certutil = shutil.which("certutil")
        if not certutil:
            return False
        store = self.folder / ".pki" / "nssdb"
        store.mkdir(parents=True, exist_ok=True)
        for arguments in (
            ["-N", "--empty-password"],
            ["-A", "-t", "C,,", "-n", "iaq", "-i", str(self.folder / "certs" / "ca.crt")],
        ):
            subprocess.run(
                [certutil, "-d", f"sql:{store}", *arguments], check=True, capture_output=True
            )
        return True


def browser_environment(home: Path) -> dict[str, str | float | bool]:
    return {**os.environ, "HOME": str(home), "PYTHONPATH": str(ROOT)}
