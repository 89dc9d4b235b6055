"""Every CSV table that people write goes through one strict reader."""

import pytest

from sim.core.units import BesiegeError
from sim.io.csv_tables import read_csv
from sim.lab.design.draws import draws_of
from sim.outcomes.facts import COLUMNS, load_facts
from sim.scenario.scenario import Scenario

SMALL = Scenario.load("small")


def read_facts(path):
    return load_facts(path)


def read_draws(path):
    return draws_of(path, SMALL, 2, 1)


def refusal(read, path):
    with pytest.raises(BesiegeError) as caught:
        read(path)
    line = str(caught.value)
    assert len(line.splitlines()) == 1
    assert len(line) < 700
    return line


WRONG = [
    ("a,b\n1,2\n3\n", "line 3: given 1 values, allowed 2"),
    ("a,b\n1,2,3\n", "line 2: given 3 values, allowed 2; a number with a decimal comma"),
    ("a\n30,5\n60,5\n", "line 2: given 2 values, allowed 1; a number with a decimal comma"),
    ("a,b\nx,y,z\n", 'line 2: given 3 values, allowed 2; a value with a comma in it needs quotes'),
    ("a,b,a\n1,2,3\n", "line 1: column a: given twice, allowed once"),
    ("a, a\n1,2\n", "line 1: column a: given twice, allowed once"),
    ("a,,b\n1,2,3\n", "line 1: column 2: given no name"),
    (",a\n0,2\n", "line 1: column 1: given no name"),
    ("a;b\n30,5;48\n", "line 1: given columns separated by semicolons, allowed commas"),
    ("a\tb\n1\t2\n", "line 1: given columns separated by tabs"),
    ("", "given an empty file"),
    ("\n1,2\n", "given an empty file"),
    (",\n1,2\n", "given a first line without any text"),
    ('a,b\n"1,2\n', "line 2: not CSV"),
    ("a\n1\n".encode("utf-16"), "it is UTF-16), allowed UTF-8"),
    ("a\n1\n".encode("utf-16-be"), "line 1 has a zero byte"),
    ("a\n1\n".encode("utf-32"), "it is UTF-32"),
    ("a\n1\né\n".encode("latin-1"), "line 3 has a byte 0xe9 that is not UTF-8"),
]  # fmt: skip


@pytest.mark.parametrize("read", [read_csv, read_facts, read_draws])
@pytest.mark.parametrize(("text", "said"), WRONG)
def test_a_table_that_is_wrong_is_refused_alike_wherever_it_is_read(read, text, said, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert said in refusal(read, path)


def test_a_good_table_is_read_with_the_lines_its_rows_end_in(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_bytes(b'\xef\xbb\xbfa, b \r\n\r\n"1\r\n1", 2 \r\n,\r\n3,"4,5"\r\n')
    table = read_csv(path)
    assert table.columns == ("a", "b")
    assert [(row.line, row.cells) for row in table.rows] == [
        (4, {"a": "1\r\n1", "b": "2"}),
        (6, {"a": "3", "b": "4,5"}),
    ]


def test_facts_with_a_column_twice_are_refused(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(",".join([*COLUMNS, "low"]) + "\n")
    assert "line 1: column low: given twice" in refusal(read_facts, path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("attention.memory,hours\n30,\n60,48\n", "line 2: hours: given nothing, allowed a whole number"),
        ("attention.memory\n30\nfifty\n", 'line 3: attention.memory: given "fifty", allowed a number'),
        ('attention.memory\n"30,5"\n', "did you mean 30.5?"),
        ("attention.memory\n10%\n", "did you mean 0.1?"),
        ("attention.memory\nnan\n", "line 2: attention.memory: given nan"),
        ("hours\ninf\n", "line 2: hours: given inf"),
        ("hours\n1e300\n", "line 2: hours: given a number of more than 60 digits"),
        ("attention.memry\n30\n", "line 1: attention.memry: no such field"),
        ("attention.memory,response\n30,protect\n", "line 1: response: is a table or a list"),
        ("rivals.0.yearly_fee,rivals[0].yearly_fee\n1,2\n", "rivals[0].yearly_fee: given twice"),
        ("graph.family\nring\nrang\n", 'line 3: graph.family: given "rang"'),
        ("attention.memory\n", "given a table without rows"),
    ],
)  # fmt: skip
def test_a_cell_of_an_ensemble_is_refused_with_its_row_before_any_run(text, said, tmp_path):
    path = tmp_path / "draws.csv"
    path.write_text(text)
    assert said in refusal(read_draws, path)


def test_words_switches_dates_and_nothing_are_read_as_their_parameter_asks(tmp_path):
    path = tmp_path / "draws.CSV"
    path.write_text(
        "attention.memory,hours,graph.family,mobilisation.tie_joins,announced\n"
        "30,48,ring,TRUE,none\n31.5,48.0,none,false,2011-10-12T21:00:00\n"
    )
    first, second = read_draws(path)
    assert first == {
        "attention.memory": 30.0, "hours": 48, "graph.family": "ring",
        "mobilisation.tie_joins": True, "announced": None,
    }  # fmt: skip
    assert list(second.values()) == [31.5, 48, "none", False, 69]
    assert isinstance(second["hours"], int)
