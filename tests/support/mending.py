"""`mpk migrate` on a database of a test's PostgreSQL, and the commands that it tells people."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from cli.app import app
from tests.support.postgres import Postgres
from tests.support.servers import BIN


@dataclass
class Migrated:
    """One service's database with the folder of its files."""

    server: Postgres
    service: str
    folder: Path

    @property
    def database(self) -> str:
        return "manpasik_" + self.service.removesuffix("-service")

    @property
    def address(self) -> str:
        return f"postgresql://{self.server.user}@127.0.0.1:{self.server.port}/{self.database}"

    def write(self, files: dict[str, str]) -> None:
        for old in self.folder.iterdir():
            old.unlink()
        for name, text in files.items():
            (self.folder / name).write_text(text)

    def ask(self, statement: str) -> str:
        return self.server.query(self.database, statement)

    def mpk(self, *words: str, files: bool = True, **environment: str):
        """A command of `mpk migrate`, in this process."""
        base = {"PGPASSWORD": self.server.password, "MPK_DATABASE": self.address}
        command = ["migrate", *words]
        if files and "--files" not in words:
            command += ["--files", str(self.folder)]
        return CliRunner().invoke(app, command, env=base | environment)

    def ok(self, *words: str):
        done = self.mpk(*words)
        assert done.exit_code == 0, done.output
        return done

    def json(self, *words: str):
        done = self.mpk(*words, "--json")
        return json.loads(done.stdout)

    def state(self) -> str:
        return self.ask("select version, dirty from schema_migrations")

    def findings(self) -> dict[str, dict]:
        """What the doctor finds, by check."""
        return {each["check"]: each for each in self.json("doctor", self.service)["findings"]}

    def follow(self, finding: dict) -> str:
        """Run the command of a finding as it stands, in a shell."""
        tools = Path(os.sys.executable).parent
        done = subprocess.run(
            ["/bin/sh", "-c", finding["command"]], text=True, capture_output=True, check=False,
            env={"PATH": f"{tools}:{BIN}:{os.environ['PATH']}", "HOME": os.environ["HOME"],
                 "PGPASSWORD": self.server.password},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
