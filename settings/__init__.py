"""WHAT the product is and what a stack makes of it: frozen models, rules, names.

Pure: no Pulumi, no network, no clock. Everything that can be wrong with the catalogue or a stack
file is found here, all at once, before anything is made (`SettingsError`).
"""

from settings.loader import Settings, load, load_catalog
from settings.problems import Problem, SettingsError

__all__ = ["Problem", "Settings", "SettingsError", "load", "load_catalog"]
