"""Database changes that never break a running version (R-MIG-1 to R-MIG-6).

The files of golang-migrate are read and parsed once (`files`, `statements`), judged by rules
(`lint`), and each gets a class that says what may be done while, and after, it runs (`classes`).
"""

from schema.classes import classify
from schema.files import Folder, Migration, SqlFile, from_texts, read
from schema.findings import Engine, Finding, Rule
from schema.kinds import Kind, Reason, Verdict
from schema.statements import Statement

__all__ = [
    "Engine",
    "Finding",
    "Folder",
    "Kind",
    "Migration",
    "Reason",
    "Rule",
    "SqlFile",
    "Statement",
    "Verdict",
    "classify",
    "from_texts",
    "read",
]
