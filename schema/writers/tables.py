"""R-MIG-3: a table's new name, in two releases.

Release 1 makes the new table, keeps the two alike by triggers in both directions (the version
before writes the old one, this version the new), and copies what is there in batches. Release 2
drops the old one; its way back makes it again and fills it. A trigger that writes sets `mpk.sync`
for that moment, so that the other does not answer. Two versions that change the *same row* in one
moment can deadlock, and PostgreSQL then fails one of the two statements.
"""

from schema.files import Folder
from schema.tables import Table
from schema.types import SERIAL
from schema.visits import after
from schema.writers.asking import name, refused
from schema.writers.parts import Draft, batches, held


def rename_table(folder: Folder, old: str, new: str, key: str = "id") -> list[Draft]:
    """The next of the two releases, by what the folder's files say has been."""
    known = after(folder).tables.get(name(old))
    name(new)
    if known is None or key not in known.columns:
        fault = f"no file of the folder makes this table with the column {key}"
        raise refused(folder, old, fault, "name the key by --key")
    target = f"{old}->{new}"
    steps = [each.up.header.step for each in folder.migrations if each.up]
    begun = any(step and step.target == target for step in steps)
    if begun:
        return [_second(folder, old, new, key, known)]
    _refuse_what_would_be_lost(folder, old, known)
    return _first(old, new, key, list(known.columns))


def _refuse_what_would_be_lost(folder: Folder, old: str, known: Table) -> None:
    counted = [n for n, c in known.columns.items() if c.counted or c.type in SERIAL]
    if counted:
        fault = f"{counted[0]} is counted by a sequence, and two tables would count the same"
        raise refused(folder, old, fault, "let the service make keys (uuid) first")
    for table, each in after(folder).tables.items():
        for own, constraint in each.constraints.items():
            if constraint.refers == old:
                fault = f"{own} of {table} refers to it, and would keep it from being dropped"
                raise refused(folder, old, fault, "drop that key first, or move it")


def _first(old: str, new: str, key: str, columns: list[str]) -> list[Draft]:
    step = f"rename-table {old}->{new} 1/2"
    there = f"CREATE TABLE {new} (LIKE {old} INCLUDING ALL);\n{_sync(old, new, key, columns)}"
    back = (
        f"DROP TRIGGER {old}_to_{new} ON {old};\nDROP TABLE {new};\n"
        f"DROP FUNCTION {old}_to_{new}();\nDROP FUNCTION {new}_to_{old}();"
    )
    copy = batches(f"copy_{old}_to_{new}", old, key, _copy(old, new, key, columns))
    return [
        Draft(
            name=f"rename_{old}_1", kind="expand", up=held(old, there), down=held(old, back),
            step=step,
        ),
        Draft(name=f"rename_{old}_copy", kind="migrate", up=copy, down="SELECT 1;", step=step),
    ]  # fmt: skip


def _second(folder: Folder, old: str, new: str, key: str, known: Table) -> Draft:
    del folder
    columns = list(known.columns)
    gone = (
        f"DROP TRIGGER {new}_to_{old} ON {new};\nDROP TABLE {old};\n"
        f"DROP FUNCTION {old}_to_{new}();\nDROP FUNCTION {new}_to_{old}();"
    )
    sync = _sync(old, new, key, columns)
    made = f"  CREATE TABLE {old} (LIKE {new} INCLUDING ALL);\n{sync}\n"
    back = batches(f"copy_{new}_to_{old}", new, key, _copy(new, old, key, columns), made)
    return Draft(
        name=f"rename_{old}_2",
        kind="contract",
        up=held(new, gone),
        down=back,
        step=f"rename-table {old}->{new} 2/2",
    )


def _copy(source: str, target: str, key: str, columns: list[str]) -> str:
    names = ", ".join(columns)
    return f"""\
      PERFORM set_config('mpk.sync', 'on', true);
      INSERT INTO {target} ({names})
        SELECT {names} FROM {source} WHERE {key} >= mpk_start
        ORDER BY {key} LIMIT 1000 FOR SHARE
        ON CONFLICT ({key}) DO NOTHING;"""  # noqa: S608 - checked names, for a person to read


def _sync(old: str, new: str, key: str, columns: list[str]) -> str:
    return "\n".join((_follow(old, new, key, columns), _follow(new, old, key, columns)))


def _follow(source: str, target: str, key: str, columns: list[str]) -> str:
    """A trigger that does to the target what is done to the source."""
    names = ", ".join(columns)
    values = ", ".join(f"NEW.{each}" for each in columns)
    others = ", ".join(f"{each} = EXCLUDED.{each}" for each in columns if each != key)
    update = f"DO UPDATE SET {others}" if others else "DO NOTHING"
    return f"""\
CREATE FUNCTION {source}_to_{target}() RETURNS trigger LANGUAGE plpgsql AS $f$
BEGIN
  IF current_setting('mpk.sync', true) = 'on' THEN RETURN NULL; END IF;
  PERFORM set_config('mpk.sync', 'on', true);
  IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND OLD.{key} IS DISTINCT FROM NEW.{key}) THEN
    DELETE FROM {target} WHERE {key} = OLD.{key};
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO {target} ({names}) VALUES ({values})
      ON CONFLICT ({key}) {update};
  END IF;
  PERFORM set_config('mpk.sync', 'off', true);
  RETURN NULL;
END $f$;
CREATE TRIGGER {source}_to_{target} AFTER INSERT OR UPDATE OR DELETE ON {source}
  FOR EACH ROW EXECUTE FUNCTION {source}_to_{target}();"""  # noqa: S608 - names are checked
