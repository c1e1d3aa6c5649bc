"""A rendered migration Job, run here as a kubelet would run it (issue 8, acceptance 6).

Commands, arguments and variables are those of the manifest; a mounted folder becomes one of the
test's, `$(NAME)` is filled in, and `migrate` is the real program, built from its Go module.
"""

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import localcluster
from tests.support.postgres import Postgres
from tests.support.servers import BIN


def migrate_program() -> Path:
    """golang-migrate's own program, which the image of the Jobs holds as well."""
    return localcluster.ensure(["migrate"], lambda *_: None)["migrate"]


@dataclass
class Job:
    """One Job of a service, with the folder that stands for its pod."""

    pod: dict
    values: dict[str, dict[str, str]]
    """Data of ConfigMaps and Secrets by name."""
    server: Postgres
    folder: Path
    program: Path
    changes: dict[str, str] = field(default_factory=dict)

    def write(self, files: dict[str, str]) -> None:
        """Put these files into the image `migrations`."""
        source = self.folder / "migrations"
        source.mkdir(exist_ok=True)
        for old in source.iterdir():
            old.unlink()
        for name, text in files.items():
            (source / name).write_text(text)

    def before(self, *, timeout: float = 30) -> "subprocess.CompletedProcess[str]":
        """The init containers of a new pod, one after the other, until one fails."""
        for place in ("files", "credentials"):
            for old in (self.folder / place).glob("*"):
                old.unlink()
        for container in self.pod["initContainers"]:
            done = self.run(container, timeout=timeout)
            if done.returncode:
                break
        return done

    def step(self, name: str, **more) -> "subprocess.CompletedProcess[str]":
        return self.run(self.container(name), **more)

    def migrate(self, *arguments: str) -> "subprocess.Popen[str]":
        """The stock image's container, begun; `arguments` instead of `up`."""
        container = self.container("migrate")
        command = self.command(container)
        assert command[0] == "migrate"
        return subprocess.Popen(
            [self.program, *command[1:-1], *(arguments or command[-1:])],
            env=self.environment(container),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def whole(self) -> tuple[int, str]:
        """One pod of the Job from its first step to its last."""
        done = self.before()
        if done.returncode:
            return done.returncode, done.stdout + done.stderr
        process = self.migrate()
        told = process.communicate(timeout=30)[0]
        return process.returncode, done.stdout + told

    def container(self, name: str) -> dict:
        every = self.pod["initContainers"] + self.pod["containers"]
        return next(each for each in every if each["name"] == name)

    def run(self, container: dict, *, timeout: float = 30, **changes: str):
        return subprocess.run(
            self.command(container),
            env=self.environment(container) | changes,
            timeout=timeout, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def command(self, container: dict) -> list[str]:
        known = self.environment(container)
        return [
            re.sub(r"\$\((\w+)\)", lambda found: known.get(found[1], found[0]), self._moved(part))
            for part in container["command"]
        ]

    def environment(self, container: dict) -> dict[str, str]:
        found = {each["name"]: self._value(each) for each in container.get("env", [])}
        address = {
            "DB_HOST": "127.0.0.1", "DB_PORT": str(self.server.port), "DB_SSLMODE": "disable",
            "DB_USER": self.server.user, "DB_PASSWORD": self.server.password,
        }  # fmt: skip
        found |= {name: value for name, value in address.items() if name in found}
        return {"PATH": f"{self.folder}:{BIN}:{os.environ['PATH']}"} | found | self.changes

    def _value(self, variable: dict) -> str:
        source = variable.get("valueFrom", {})
        if reference := source.get("configMapKeyRef") or source.get("secretKeyRef"):
            return self.values[reference["name"]][reference["key"]]
        return self._moved(variable["value"])

    def _moved(self, text: str) -> str:
        """Mounted folders, and the one of the image with the files, as folders of the test."""
        for volume in self.pod["volumes"]:
            place = self.folder / volume["name"]
            if not place.exists():
                place.mkdir()
                entries = self.values[volume["configMap"]["name"]] if "configMap" in volume else {}
                for name, content in entries.items():
                    (place / name).write_text(content)
            text = re.sub(rf"^/{volume['name']}\b", str(place), text)
        text = text.replace("sslmode=require", "sslmode=disable")
        return re.sub(r"(?<![\w/])/migrations/[\w-]+", str(self.folder / "migrations"), text)
