"""The product's own SQL files as a service's first migrations, also on a database that has them.

Each file of `schema_files` becomes one migration, in the catalogue's order, under the number that
the image and the gate before each service count (docs/architecture.md). On an empty database it
makes what the file makes. Where a table of the file is there already, it touches nothing: no row,
no seed, no index; it looks whether every table and column is there, and stops by name where one is
missing (hazards DB-01, DB-02, DB-08: other shapes under the same names).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from schema.files import Folder, SqlFile, file_names, from_texts
from schema.visits import after
from settings.problems import Problem, SettingsError

_REFUSES = """\
DO $$ BEGIN
  RAISE EXCEPTION 'refused: going back would drop every table of %', '{name}'
    USING HINT = 'restore a backup instead';
END $$;
"""


def read_sources(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """The product's files of a service; every one that cannot be read is named."""
    texts, problems = dict[str, str](), list[Problem]()
    for name in names:
        path = folder / f"{name}.sql"
        try:
            texts[name] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            remedy = "name the product's folder infrastructure/database/init"
            message = f"cannot be read: {error}"
            problems.append(
                Problem(file=str(path), key="", value="", message=message, remedy=remedy)
            )
    if problems:
        raise SettingsError(problems)
    return texts


def initial(sources: Mapping[str, str]) -> dict[str, str]:
    """The files of the first migrations, by name; sources are SQL texts in their order."""
    found = dict[str, str]()
    for number, (name, text) in enumerate(sources.items(), 1):
        up, down = file_names(number, name)
        folder = from_texts({up: text}, path=name)
        _refuse(name, folder)
        found[up] = _guarded(name, text, after(folder).tables_of(up))
        found[down] = _REFUSES.format(name=name)
    return found


def _refuse(name: str, folder: Folder) -> None:
    file = folder.migrations[0].up
    fault = _fault(file) if file else "is empty"
    if fault:
        problem = Problem(
            file=f"{name}.sql", key="", value="", message=fault, remedy="mend the product's file"
        )
        raise SettingsError([problem])


def _fault(file: SqlFile) -> str | None:
    if file.broken:
        return f"line {file.broken.line} is no SQL: {file.broken.message}"
    split = [each for each in file.statements if each.kind == "TransactionStmt"]
    if split:
        return f"line {split[0].line} splits the transaction that a migration is"
    if not any(each.kind == "CreateStmt" for each in file.statements):
        return "makes no table, so nothing tells whether it has run"
    return None


def _guarded(name: str, text: str, tables: Mapping[str, list[str]]) -> str:
    wanted = ",\n      ".join(
        f"('{table}', '{column}')" for table, columns in tables.items() for column in columns
    )
    there = " OR ".join(f"to_regclass('{table}') IS NOT NULL" for table in tables)
    tag = "$product$"
    while tag in text:
        tag = tag[:-1] + "_$"
    return f"""\
-- mpk:class expand
-- {name}.sql of the product, adopted: where its tables are there, nothing is touched.
DO $mpk_adopt$
DECLARE lacking text;
BEGIN
  IF {there} THEN
    SELECT string_agg(t || '.' || c, ', ') INTO lacking FROM (VALUES
      {wanted}) AS wanted (t, c)
    WHERE NOT EXISTS (SELECT FROM information_schema.columns
      WHERE table_schema = current_schema() AND table_name = t AND column_name = c);
    IF lacking IS NOT NULL THEN
      RAISE EXCEPTION 'another schema than {name} is there: it lacks %', lacking;
    END IF;
    RETURN;
  END IF;
  EXECUTE {tag}
{text.rstrip()}
{tag};
END $mpk_adopt$;
"""  # noqa: S608 - names come from the parser
