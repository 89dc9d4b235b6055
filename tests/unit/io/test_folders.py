"""Folders that commands write and read: refused before any work, never left half made."""

import json
import os

import pytest

from sim.core.units import BesiegeError
from sim.io import folders
from sim.io.folders import (  # fmt: skip
    MARKS,
    check_file,
    check_folder,
    file_hash,
    kind_of,
    prepare_folder,
    read_json,
    read_outcomes,
    unwritable,
    write_json,
    write_text,
)
from sim.lab.storage.store import read_manifest


def test_a_folder_that_is_checked_leaves_no_trace_and_one_prepared_is_there(tmp_path):
    deep = tmp_path / "a" / "b" / "c"
    check_folder(deep)
    assert os.listdir(tmp_path) == []
    assert prepare_folder(deep) == deep
    assert os.listdir(deep) == []


def test_a_folder_that_holds_something_is_checked_without_touching_it(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    check_folder(tmp_path)
    assert os.listdir(tmp_path) == ["mine.txt"]


@pytest.mark.parametrize("prepare", [prepare_folder, check_folder, lambda p: check_file(p / "x")])
def test_a_file_in_the_way_is_refused_with_the_place_and_the_reason(tmp_path, prepare):
    (tmp_path / "taken").write_text("x")
    with pytest.raises(BesiegeError, match=r"--out: given .*taken.*, allowed one that can be written \(") as refused:  # fmt: skip
        prepare(tmp_path / "taken" / "deeper")
    assert len(str(refused.value).splitlines()) == 1
    assert (tmp_path / "taken").read_text() == "x"


def test_a_folder_given_for_a_file_is_refused(tmp_path):
    with pytest.raises(BesiegeError, match="which is a folder, allowed a file in it"):
        check_file(tmp_path)
    assert check_file(tmp_path / "new" / "x.html") == tmp_path / "new" / "x.html"
    assert os.listdir(tmp_path) == []


def test_the_reason_is_the_systems_or_the_first_line_of_what_was_said(tmp_path):
    assert "(No space left on device)" in str(unwritable(tmp_path, OSError(28, "No space left on device")))  # fmt: skip
    duck = '{"exception_type":"IO","exception_message":"Could not write \\"x\\"","errno":"28"}'
    assert '(Could not write "x")' in str(unwritable(tmp_path, RuntimeError(duck)))
    assert "(one)" in str(unwritable(tmp_path, RuntimeError("one\ntwo")))


def test_a_text_that_replaces_another_is_never_seen_in_part(tmp_path, monkeypatch):
    path = tmp_path / "x.toml"
    write_text(path, "old")

    def die(half, path):
        raise KeyboardInterrupt

    monkeypatch.setattr(folders, "put_in_place", die)
    with pytest.raises(KeyboardInterrupt):
        write_text(path, "new and longer")
    assert path.read_text() == "old"


@pytest.mark.parametrize(("kind", "mark"), MARKS.items())
def test_what_a_folder_holds_is_told_by_its_mark(tmp_path, kind, mark):
    (tmp_path / mark).write_text("{}")
    assert kind_of(tmp_path) == kind


def test_a_folder_without_a_mark_and_one_that_is_not_there_are_refused(tmp_path):
    with pytest.raises(BesiegeError, match="it contains none of these"):
        kind_of(tmp_path)
    with pytest.raises(BesiegeError, match="no such folder"):
        kind_of(tmp_path / "nowhere")


def test_an_object_written_is_read_back_and_a_number_that_is_none_is_not_written(tmp_path):
    path = tmp_path / "x.json"
    write_json(path, {"name": "卖家", "n": 1.5})
    assert read_json(path) == {"name": "卖家", "n": 1.5}
    assert "卖家" in path.read_text("utf-8")
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"n": float("nan")})


@pytest.mark.parametrize("text", ["", "{", "[1]", "1", '"x"', "\udcff"])
def test_what_is_no_table_of_names_is_refused_with_folder_and_file(tmp_path, text):
    (tmp_path / "x.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BesiegeError, match=r"folder: given .*, x\.json (cannot be read|contains no table)"):  # fmt: skip
        read_json(tmp_path / "x.json")


def test_outcomes_are_those_of_a_finished_run(tmp_path):
    whole = {"scenario": "small", "seed": 1, "outcomes": {}}
    (tmp_path / "outcomes.json").write_text(json.dumps(whole))
    assert read_outcomes(tmp_path) == whole
    for name in whole:
        less = {key: value for key, value in whole.items() if key != name}
        (tmp_path / "outcomes.json").write_text(json.dumps(less))
        with pytest.raises(BesiegeError, match="allowed the folder of a finished run"):
            read_outcomes(tmp_path)


def test_a_files_hash_is_of_what_it_holds_now(tmp_path):
    path = tmp_path / "x"
    assert file_hash(path) == ""
    path.write_text("one")
    first = file_hash(path)
    path.write_text("other")
    assert file_hash(path) != first != ""
    path.write_text("one")
    os.utime(path, ns=(1, 1))
    assert file_hash(path) == first


@pytest.mark.parametrize("text", ["[" * 100_000, "[]", "null", '"x"', "", "\x00"])
def test_a_damaged_json_file_is_refused_in_one_line(text, tmp_path):
    (tmp_path / "outcomes.json").write_text(text)
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(BesiegeError, match=r"outcomes\.json c[^\n]*$"):
        read_json(tmp_path / "outcomes.json")
    with pytest.raises(BesiegeError, match=r"manifest\.json: damaged[^\n]*$"):
        read_manifest(tmp_path)
