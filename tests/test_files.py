"""Files and folders are there entirely, or as they were."""

import os

import pytest

from wildrobot.files import CannotWrite, make_folder, replacing, write_bytes, write_text


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def test_a_file_takes_the_place_of_the_one_before(tmp_path):
    for text in ("one", "zwei ä"):
        write_text(tmp_path / "a.txt", text)
        assert (tmp_path / "a.txt").read_text(encoding="utf-8") == text
    write_bytes(tmp_path / "b.bin", b"\x00\xff")
    assert (tmp_path / "b.bin").read_bytes() == b"\x00\xff"
    assert names(tmp_path) == ["a.txt", "b.bin"]


def fail_half_way(path, begin):
    with replacing(path) as part:
        begin(part)
        raise ZeroDivisionError


def test_what_fails_half_way_leaves_the_file_as_it_was(tmp_path):
    write_text(tmp_path / "a.txt", "before")
    with pytest.raises(ZeroDivisionError):
        fail_half_way(tmp_path / "a.txt", lambda part: part.write_text("half"))
    assert (tmp_path / "a.txt").read_text() == "before"
    assert names(tmp_path) == ["a.txt"]


def test_the_place_beside_has_the_same_suffix(tmp_path):
    """By which programs choose the format of a film."""
    with replacing(tmp_path / "film.mp4") as part:
        assert part.suffix == ".mp4"
        assert part.parent == tmp_path
        part.write_text("film")


def test_a_folder_takes_the_place_of_the_one_before(tmp_path):
    for content in ("one", "two"):
        with replacing(tmp_path / "folder") as part:
            (part / "inner").mkdir(parents=True)
            (part / "inner" / content).write_text(content)
    assert names(tmp_path) == ["folder"]
    assert names(tmp_path / "folder" / "inner") == ["two"]


def test_a_folder_that_fails_half_way_is_not_there(tmp_path):
    with pytest.raises(ZeroDivisionError):
        fail_half_way(tmp_path / "folder", lambda part: (part / "inner").mkdir(parents=True))
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: write_text(path / "a.txt", ""), r"cannot write .*a\.txt: Not a directory; .* a writable place"),
        (make_folder, "cannot make the folder .*: File exists; choose a writable place"),
    ],
)
def test_what_the_disk_refuses_is_one_sentence(write, message, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWrite, match=message):
        write(tmp_path / "file")
    assert names(tmp_path) == ["file"]


def test_a_full_disk_is_named(tmp_path):
    with (
        pytest.raises(CannotWrite, match=r"cannot write .*a\.txt: No space left on device"),
        replacing(tmp_path / "a.txt"),
    ):
        raise OSError(28, os.strerror(28))
