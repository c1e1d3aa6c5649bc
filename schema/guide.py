"""docs/migrations.md, written from the rules, so that it says what lint does."""

from collections.abc import Iterator, Mapping

from schema.findings import Engine, Rule
from schema.rules import RULES
from schema.rules.examples import BASE_UP
from schema.squawk import REPLACED

PATH = "docs/migrations.md"
_HEAD = """\
<!-- Written by `make golden` from schema/; edit the rules there. -->
# Migrations

While a release rolls out, two versions of a service run on one schema, and after a rollback the
older runs on it again. So a change of the schema must suit both (R-MIG-1 to R-MIG-6). This page
tells of the files, their classes, the commands that write them, and every rule of lint.

```sh
mpk migrate lint FOLDER            # every finding with its reason and the safe way; --json
mpk migrate new COMMAND …          # files that follow the rules, numbered and whole
mpk migrate plan SERVICE           # which files would run, the class of each, what the gate says
mpk migrate status | up | down 1 | doctor | repair SERVICE
mpk migrate backfill SERVICE TABLE.COLUMN VALUE
```

## Files

Each service has a folder of golang-migrate's files, `NNNNNN_words.up.sql` and
`NNNNNN_words.down.sql`. A file is sent as one command, and several statements in it are one
transaction. At its head it says what it is, in comments that lint reads:

```sql
-- mpk:class contract
-- mpk:step drop-column devices.note 3/3
-- mpk:waive LOCK-4 until 2027-01-31: both tables are empty until the service is first deployed
```

`class` is needed in each up file. `step` names the change that takes several releases, and which
of them this is. `waive` lets the file break one rule, for a reason and until a day; from the day
after it is a finding again, and so is a waiver that covers nothing.

## Classes

| class | what it does to the version before | rolling the code back |
|---|---|---|
| `expand` | nothing: it only adds | at once; the schema may stay |
| `migrate` | nothing: it changes rows that both read | at once; the schema stays |
| `contract` | takes or forbids what it may use; the down file brings it back | after `down 1` |
| `irreversible` | loses data that no down file brings back | no: forward only, or a restore |

A file has the class of its strictest statement. A DROP whose down file makes the thing again
**and** fills it is a contract; without that it is irreversible. What cannot be read (EXECUTE of
words that are put together) counts as irreversible.

## Files that are written

`mpk migrate new` has `add-column`, `drop-column`, `rename-table`, `index`, `backfill` and
`not-null`. It numbers the files, lints them, and writes all of them or none. A change of several
releases is written one release at a time: run the same command again in the next. A lock is asked
for 200 ms at a time; rows are changed in transactions of 1,000, and a killed run goes on where it
ended (decision 0051).

`mpk migrate adopt SERVICE SQL -o FOLDER` makes the product's own files the first migrations. Where
the tables are there already, nothing is touched; where one has another shape, the file stops and
names what it lacks.

## On a database

`plan`, `status`, `up`, `down 1`, `doctor` and `repair` take one service, and speak `--json`.
Where its database is:

| said | then |
|---|---|
| `--database URL` or `MPK_DATABASE` | golang-migrate runs here; the password: `PGPASSWORD` |
| `--stack NAME` alone | a Job in that cluster runs, made after the service's newest migration Job |
| both | the first, and the cluster tells which versions run |

`--files` (`MPK_MIGRATIONS`) is the service's folder, or the one that holds such folders. Nothing
runs that the gate does not let: what takes something away waits until no version needs it, and
where no cluster was named nobody knows. `--nobody-runs` says that you answer for it. `down` takes
the number 1 and no other; it refuses what its way back does not restore, and what it would take
from a version that runs. What `up` and `down 1` did is noted in the cluster, where `mpk rollback`
finds it.

`doctor` asks for a dirty version, the migration lock, transactions over 60 s, invalid indexes,
replicas that lag by 30 s or 256 MiB, unused replication slots, and (as superuser) room on the
disks. Each finding has the command against it, whole. What the user may not ask is said. `repair`
sets a dirty version where the database proves what is in (decision 0052); where nothing does,
`--version N` is your word for it, and only the version that broke off or the one before is taken.

| what happened | what is left | doctor |
|---|---|---|
| killed, connection lost, disk full, no lock | dirty, its file wholly or not | `repair`: proven |
| an index built CONCURRENTLY broke off | dirty, an invalid index | `repair`: drops it, then again |
| batches broke off | dirty, whole batches | `repair`: its file goes on where it ended |
| changed by hand | dirty, without a proof | `blocks`: compare, then `repair --version N` |

A Job's limits go by file. In a transaction a lock is waited for 5 s and a statement may take 10
minutes, unless the file sets its own. What stands alone (CONCURRENTLY, batches) has no limit on
its time and waits 60 s for locks, since nobody waits behind it. The Job itself has 6 hours.

`backfill` fills a column outside of any release: 1,000 rows a transaction, its progress in the
same one (table `mpk_backfills`), so the same command goes on after a SIGKILL. A batch waits 200
ms for a row and is tried again; before each, it stands back for lagging replicas and long
transactions.

The gate counts a service's own versions. A guest in the same database (admin in auth's) has files
and numbers of its own: whether it reads what the owner's migration takes, nobody tells the gate.
CockroachDB is migrated by its Jobs only.
"""


def guide() -> str:
    """The whole page."""
    return "\n".join(_lines()).rstrip() + "\n"


def _lines() -> Iterator[str]:
    yield _HEAD
    yield "## Rules\n"
    yield "The examples stand after this file, `000001_initial_schema.up.sql`:\n"
    yield _sql(BASE_UP)
    yield "| rule | says | for |"
    yield "|---|---|---|"
    for rule in RULES.values():
        yield f"| [{rule.id}](#{_anchor(rule)}) | {rule.title} | {_engines(rule)} |"
    yield ""
    for rule in RULES.values():
        yield from _section(rule)
    yield "## Squawk's rules that ours replace\n"
    yield "Squawk sees one file at a time. These need the files before, so ours take their place:\n"
    yield "| squawk | here |"
    yield "|---|---|"
    for name in sorted(REPLACED):
        yield f"| `{name}` | {REPLACED[name]} |"


def _section(rule: Rule) -> Iterator[str]:
    yield f"### {rule.id}\n"
    advice = " *Advice: lint does not fail on it.*" if rule.advice else ""
    yield f"**{rule.title}.**{advice} {rule.why}\n"
    yield "Not so:\n"
    yield _sql(_text(rule.bad_example))
    yield f"Safe: {rule.safe}\n"
    yield _sql(_text(rule.safe_example))


def _text(example: Mapping[str, str]) -> str:
    return "".join(f"-- {name}\n{text}" for name, text in example.items())


def _sql(text: str) -> str:
    return f"```sql\n{text}```\n"


def _anchor(rule: Rule) -> str:
    return rule.id.lower().replace(":", "")


def _engines(rule: Rule) -> str:
    return ", ".join(each.value for each in Engine if each in rule.engines)
