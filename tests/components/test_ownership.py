"""One writer per field: what an autoscaler writes, the engine leaves alone (decision 3, W-1)."""

import json

from rendering import record
from settings import load
from settings.loader import ROOT

# The real program, which notes what the engine is told to ignore.
PROGRAM = """
import json, runpy
from pathlib import Path
import pulumi

def note(args):
    if args.type_.startswith("kubernetes:"):
        with Path({noted!r}).open("a") as file:
            file.write(json.dumps([args.type_, args.name, args.opts.ignore_changes]) + "\\n")

pulumi.runtime.register_stack_transformation(note)
runpy.run_path({main!r}, run_name="__main__")
"""
STACK = {
    "environment": "dev",
    "services_up_to_phase": 1,
    "services": {"gateway": {"max_replicas": 3}},
}


def test_the_engine_ignores_the_replicas_of_what_scales_and_nothing_else(tmp_path):
    noted = tmp_path / "noted"
    program = PROGRAM.format(noted=str(noted), main=str(ROOT / "__main__.py"))
    (tmp_path / "__main__.py").write_text(program)
    record(load("dev", STACK), root=tmp_path)
    told = [json.loads(line) for line in noted.read_text().splitlines()]
    assert len(told) > 50
    assert [each for each in told if each[2]] == [
        ["kubernetes:apps/v1:Deployment", "gateway-deployment", ["spec.replicas"]]
    ]
