"""The files of the image `migrations`, made by its own script from the real catalogue."""

import subprocess

import pytest

from settings.loader import ROOT, load_catalog

SERVICES = {s.name: s.schema_files for s in load_catalog().services.values() if s.schema_files}


@pytest.fixture
def sql(tmp_path):
    folder = tmp_path / "sql"
    folder.mkdir()
    for name in {name for files in SERVICES.values() for name in files}:
        (folder / f"{name}.sql").write_text(f"-- {name}")
    return folder


def migrations(catalog, sql):
    return subprocess.run(
        ["/bin/sh", ROOT / "images" / "migrations.sh", catalog, sql, sql.with_name("out")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_each_service_has_its_files_in_the_catalogue_s_order_under_the_names_that_the_jobs_read(
    sql,
):
    done = migrations(ROOT / "catalog" / "services", sql)
    assert (done.returncode, done.stderr) == (0, "")
    found = {
        folder.name: {path.name: path.read_text() for path in folder.iterdir()}
        for folder in sql.with_name("out").iterdir()
    }
    assert found == {
        service: {f"{n:06}_{name}.up.sql": f"-- {name}" for n, name in enumerate(files, 1)}
        for service, files in SERVICES.items()
    }


def test_a_file_that_the_product_does_not_have_stops_the_build(sql):
    (sql / "21-video.sql").unlink()
    done = migrations(ROOT / "catalog" / "services", sql)
    assert done.returncode != 0
    assert "21-video.sql" in done.stderr


def test_a_list_in_another_form_stops_the_build_and_is_never_passed_over(sql, tmp_path):
    (tmp_path / "shop-service.yaml").write_text("schema_files:\n  - 06-shop\n")
    done = migrations(tmp_path, sql)
    assert done.returncode == 1
    assert "schema_files is not one line of the form [a, b]" in done.stderr
