"""Edge lists: read strictly, refused by file and line."""

import pytest

from sim.core.units import BesiegeError
from sim.setup.graph import read_edge_list
from tests.graphs import check_rows, edges_of


@pytest.mark.parametrize(
    "text",
    [
        "0,1\n1,2\n3\n",
        "0 1\n1\t2\n3",
        "from,to\n0, 1\n1 ,2\n2,1\n3 \n",
        "# ties\n\nfrom to\r\n0 1 # first\r\n\r\n2 1\r\n3\r\n",
        "\ufeff3\n0,1\n1,2\n",
        '"Source","Target"\n"0","1"\n"1","2"\n3\n3\n',
    ],
)
def test_an_edge_list_may_have_commas_tabs_blanks_comments_and_a_header(edge_list, text):
    g = read_edge_list(edge_list(text), 4)
    check_rows(g, 4)
    assert edges_of(g) == {(0, 1), (1, 2)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0,1\n1,2,3\n", 'line 2: given "1,2,3", allowed two columns'),
        ("0,1,1\n", 'line 1: given "0,1,1", allowed two columns .*: all ties count equally'),
        ("0,1\n7\n", "line 2: given 7, allowed 0 to 3"),
        ("0,1\n1\n2,3\n", "line 2: given 1 alone, allowed only for a person without ties"),
        (
            "alice bob\n0 3\n",
            'line 1: given "alice", allowed a whole number; the first line may be a header',
        ),
        ("alice bob\nbob carol\n", 'line 1: given "alice", allowed a whole number'),
        ("*Vertices 4\n0 3\n", r"line 1: given \"\*Vertices\", allowed a whole number"),
        ("0;1\n", 'line 1: given "0;1", allowed a whole number'),
        (
            "3 2\n0 1\n2 3\n",
            "line 1: given 3 2, which looks like a line of counts; .* not a count of people",
        ),
        (
            "4 2\n0 1\n2 3\n",
            "line 1: given 4 2, which looks like a line of counts; .*not a count of people and ties",
        ),
        (
            "4 7\n0 1\n2 3\n",
            "line 1: given 7, allowed 0 to 3 .*not a count of people and ties",
        ),
        ("3 1\n0 1\n1 0\n2\n", "line 1: given 3 1, which looks like a line of counts"),
        ("2\n0 1\n0 3\n", "line 1: given 2, which looks like a line of counts"),
        ("4\n0 1\n0 3\n", "line 1: given 4, allowed 0 to 3 .*count of people"),
        (
            "1 2\n2 3\n3 4\n",
            "given rows 1 to 4, allowed 0 to 3, .*numbered from 1, so subtract 1 from each",
        ),
        ("3 4\n4 2\n3 1\n", "given rows 1 to 4, .*numbered from 1"),
        ("1 2\n2 3\n", "given rows 1 to 3, allowed 0 to 3, including both ends"),
        (
            "0 1\n1 2\n",
            "given rows 0 to 2, allowed 0 to 3, including both ends .*is written alone on a line",
        ),
        ("0 1\n1 4\n", "line 2: given 4, allowed 0 to 3"),
        ("0,1\n\n1,two\n", 'line 3: given "two", allowed a whole number'),
        ("0,one\n", 'line 1: given "one", allowed a whole number'),
        ("1.5 2.5\n", r"line 1: given \"1\.5\", allowed a whole number"),
        ("from,to\nfrom,to\n", 'line 2: given "from", allowed a whole number'),
        ("0,1\n1,\n", 'line 2: given "", allowed a whole number'),
        ("0,1\n3,4\n", "line 2: given 4, allowed 0 to 3"),
        ("0,-1\n", "line 1: given -1, allowed 0 to 3"),
        (f"0,{'9' * 5000}\n", "line 1: given 9+, allowed 0 to 3"),
        ("0,1\n2,2\n", "line 2: given 2 twice, allowed two different rows"),
        ("from,to\n# nothing\n", "given no edge"),
    ],
)
def test_a_faulty_edge_list_is_refused_by_file_and_line(edge_list, text, said):
    path = edge_list(text)
    with pytest.raises(BesiegeError, match=said) as refused:
        read_edge_list(path, 4)
    assert str(path) in str(refused.value)


def test_a_file_that_cannot_be_read_is_refused_by_name(edge_list, tmp_path):
    for path in (tmp_path / "nowhere.csv", tmp_path, edge_list("0,1 # 卖家", "gb18030")):
        with pytest.raises(BesiegeError, match="cannot be read") as refused:
            read_edge_list(path, 4)
        assert str(path) in str(refused.value)
