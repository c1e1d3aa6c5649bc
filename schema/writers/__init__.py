"""Migrations that follow the rules, written: `mpk migrate new`."""
