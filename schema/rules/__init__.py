"""Every rule, in the order in which docs/migrations.md tells of them."""

from schema.findings import Rule
from schema.rules import (
    adding,
    batches,
    classes,
    cockroach,
    constraints,
    dropping,
    foreign,
    indexes,
    names,
    renaming,
    rewrites,
    timeouts,
    waivers,
    ways_back,
)

OWN: tuple[Rule, ...] = (
    adding.RULE,
    dropping.RULE,
    renaming.RULE,
    indexes.CONCURRENT,
    batches.RULE,
    classes.CLASS,
    indexes.ALONE,
    ways_back.RULE,
    timeouts.LOCK,
    timeouts.STATEMENT,
    timeouts.LEAK,
    timeouts.ONE,
    timeouts.SLOW,
    rewrites.RULE,
    constraints.VALID,
    constraints.NOT_NULL,
    constraints.TYPE,
    classes.OPAQUE,
    cockroach.ONE,
    cockroach.WORDS,
    cockroach.TYPE,
    cockroach.LOOP,
    names.SQL,
    names.NAME,
    names.GAP,
    names.TWICE,
    waivers.HEAD,
    waivers.EXPIRED,
    waivers.UNUSED,
    waivers.HIDDEN,
)
RULES: dict[str, Rule] = {rule.id: rule for rule in (*OWN, *foreign.RULES)}
"""By id; squawk's that stand as they are come last."""
