"""The figures of the rules, each once."""

LOCK_TIMEOUT_MS = 1_000
"""A change waits at most this long for a lock: whoever comes meanwhile queues behind it."""
LOCKED_STATEMENT_MS = 5_000
"""A statement that holds a table from its users may run at most this long."""
STATEMENT_MS = 600_000
"""Any other statement of a file: a scan that validates, a change of rows."""
BATCH_ROWS = 1_000
"""Rows that one transaction changes (R-MIG-5)."""
SQUAWK_POSTGRES = "16.0"
"""The server's version that squawk judges for (architecture, decision 7)."""
SQUAWK_SECONDS = 30
"""Squawk needs milliseconds; when it hangs, lint says so instead of hanging too."""
