"""What a command leaves: all its files, or none of them."""

import os

import pytest

from sim.core.units import BesiegeError
from sim.io.saving import PageError, is_interrupt, make_page, saved_whole


def save(folder, *pages, **texts):
    with saved_whole(folder, "mark.json", pages) as half:
        for name, text in texts.items():
            (half / f"{name}.json").write_text(text)


def held(folder):
    return {path.name: path.read_text() for path in sorted(folder.iterdir())}


def test_files_stand_in_their_folder_together_and_nothing_else_does(tmp_path):
    save(tmp_path / "out", mark="m", table="t")
    assert held(tmp_path / "out") == {"mark.json": "m", "table.json": "t"}


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), ValueError("x")])  # fmt: skip
def test_what_goes_wrong_on_the_way_leaves_what_was_there_before(tmp_path, error):
    save(tmp_path, mark="old", table="old")
    expected = BesiegeError if isinstance(error, OSError) else type(error)

    def save_half():
        with saved_whole(tmp_path, "mark.json") as half:
            (half / "table.json").write_text("new")
            raise error

    with pytest.raises(expected):
        save_half()
    assert held(tmp_path) == {"mark.json": "old", "table.json": "old"}


def test_a_folder_made_for_files_that_never_came_is_gone_again(tmp_path):
    with pytest.raises(KeyboardInterrupt), saved_whole(tmp_path / "out", "mark.json"):
        raise KeyboardInterrupt
    assert os.listdir(tmp_path) == []


def test_pictures_of_earlier_tables_go_with_them_and_a_strangers_files_stay(tmp_path):
    (tmp_path / "report.html").write_text("mine")
    save(tmp_path, "report.html", table="t")  # no mark was there: the page is nobody's of ours
    assert held(tmp_path)["report.html"] == "mine"
    save(tmp_path, "report.html", mark="m")
    save(tmp_path, "report.html", mark="m2")
    assert held(tmp_path) == {"mark.json": "m2", "table.json": "t"}


def test_while_files_move_a_folder_lacks_its_mark(tmp_path, monkeypatch):
    save(tmp_path, mark="old", table="old")
    moved = type(tmp_path).replace

    def replace(self, target):
        if self.name == "table.json":
            assert not (tmp_path / "mark.json").exists()
        return moved(self, target)

    monkeypatch.setattr(type(tmp_path), "replace", replace)
    save(tmp_path, mark="new", table="new", a="a")
    assert held(tmp_path) == {"a.json": "a", "mark.json": "new", "table.json": "new"}


def test_what_one_that_was_killed_left_behind_is_not_taken_for_new(tmp_path):
    (tmp_path / ".saving").mkdir()
    (tmp_path / ".saving" / "stale.json").write_text("x")
    save(tmp_path, mark="m")
    assert held(tmp_path) == {"mark.json": "m"}


def test_an_interrupt_is_recognised_in_duckdbs_words_too():
    assert is_interrupt(KeyboardInterrupt())
    assert is_interrupt(RuntimeError("Query interrupted"))
    assert not is_interrupt(RuntimeError("something else"))
    assert not is_interrupt(ValueError("Query interrupted"))


def test_a_page_stands_under_its_name_whole(tmp_path):
    path = make_page(tmp_path / "new" / "x.html", lambda half: half.write_text("page"))
    assert held(path.parent) == {"x.html": "page"}


@pytest.mark.parametrize(
    ("error", "said"),
    [(ZeroDivisionError("by\nzero"), "ZeroDivisionError: by zero"),
     (OSError(28, "No space left"), r"\(No space left\)"), (BesiegeError("a: given b"), r"\(a: given b\)")],
)  # fmt: skip
def test_a_page_that_fails_is_one_line_and_leaves_the_old_one(tmp_path, error, said):
    path = tmp_path / "x.html"
    path.write_text("old")

    def fail(half):
        half.write_text("ne")
        raise error

    with pytest.raises(PageError, match=said) as refused:
        make_page(path, fail)
    assert len(str(refused.value).splitlines()) == 1
    assert held(tmp_path) == {"x.html": "old"}


def test_a_page_that_is_interrupted_interrupts(tmp_path):
    def interrupt(half):
        raise RuntimeError("Query interrupted")

    with pytest.raises(KeyboardInterrupt):
        make_page(tmp_path / "x.html", interrupt)
    assert os.listdir(tmp_path) == []
