"""A folder of generated files, with folders below: replaced as a whole, nothing foreign lost."""

import pytest

from rendering.folder import OutputFolderError, replace_folder

FILES = {"base/a.yaml": "a", "base/deep/b.yaml": "b", "c.yaml": "c"}


@pytest.fixture
def folder(tmp_path):
    replace_folder(FILES, tmp_path / "out")
    return tmp_path / "out"


def held(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.name != ".rendered"}


def test_names_lead_into_folders_below(folder):
    assert held(folder) == {*FILES, "base", "base/deep"}
    assert (folder / "base" / "deep" / "b.yaml").read_text() == "b"


def test_what_is_no_more_goes_with_its_folder(folder):
    replace_folder({"c.yaml": "c"}, folder)
    assert held(folder) == {"c.yaml"}
    assert [path.name for path in folder.parent.iterdir()] == ["out"], "something lies beside"


@pytest.mark.parametrize("name", ["mine.yaml", "base/mine.yaml", "base/deep/mine.yaml"])
def test_a_foreign_file_at_any_depth_is_not_lost(folder, name):
    (folder / name).write_text("mine")
    with pytest.raises(OutputFolderError, match=f"holds {name}, which no rendering wrote"):
        replace_folder({}, folder)
    assert held(folder) == {*FILES, "base", "base/deep", name}


@pytest.mark.parametrize("name", ["mine", "base/mine"])
def test_a_foreign_folder_is_not_lost_even_if_it_is_empty(folder, name):
    (folder / name).mkdir()
    with pytest.raises(OutputFolderError, match=f"holds {name}, which no rendering wrote"):
        replace_folder({}, folder)
    assert (folder / name).is_dir()


def test_a_link_in_the_place_of_a_folder_is_never_followed(folder, tmp_path):
    (folder / "base" / "deep").rename(tmp_path / "elsewhere")
    (folder / "base" / "deep").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputFolderError, match="holds base/deep, which no rendering wrote"):
        replace_folder(FILES, folder)
    assert (tmp_path / "elsewhere" / "b.yaml").read_text() == "b"
