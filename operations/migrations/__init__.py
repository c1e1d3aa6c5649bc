"""Migrations on a database that is named: where it stands, what would run, the run, the mending.

The Jobs of a cluster do the same with the same SQL and shell (`components/delivery/job`).
"""
