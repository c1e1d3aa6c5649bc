"""The commands that the runbook tells people to type."""

import re

from settings.loader import ROOT

_TEXT = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
KNOWN = ("mpk", "kubectl", "argocd", "git", "pulumi", "python")


def commands() -> list[str]:
    """What stands in blocks of shell and between backticks, without its comment."""
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", _TEXT, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", _TEXT, flags=re.DOTALL))
    bare = [re.sub(r"\s+", " ", line.partition("#")[0]).strip() for line in lines]
    found = [part.strip() for line in bare for part in line.split("&&")]
    return sorted({each for each in found if each.split(" ")[0] in KNOWN})


def of(program: str) -> list[str]:
    """Those of one program."""
    return [each for each in commands() if each.split(" ")[0] == program]
