"""No two decisions share a stream of the generator: read from the sources, and seen in a run."""

import ast
import importlib
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from sim.core.chance import Block, Stream

ROOT = Path(__file__).parents[2]
# The generator itself; what tells again what was drawn; cases beside the model.
NO_CONSUMERS = {"chance", "diary", "limiting_cases"}
# One family of graphs is wired in a run, so its kernels are one consumer; each draws alone.
ONE_CONSUMER = {"generators"}


def values_of(expression, names, loops):
    """Return what an expression of constants and loop numbers may be."""
    code = compile(ast.Expression(expression), "-", "eval")
    free = [n.id for n in ast.walk(expression) if isinstance(n, ast.Name) and n.id in loops]
    if not free:
        return [eval(code, dict(names))]
    (name,) = free
    return [eval(code, {**names, name: i}) for i in eval(loops[name], dict(names))]


def loops_of(function):
    """Return the ranges that numbers of loops go through, by name."""
    return {
        node.target.id: compile(ast.Expression(node.iter), "-", "eval")
        for node in ast.walk(function)
        if isinstance(node, ast.For)
        and isinstance(node.target, ast.Name)
        and isinstance(node.iter, ast.Call)
        and getattr(node.iter.func, "id", "") == "range"
    }


def is_read(function, name):
    """Return whether a function reads a name that it has set, or an entry of it."""
    return any(
        isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)
        for n in ast.walk(function)
    )


def entries_read(function, name, given=()):
    """Return the first indices under which an array is read, w[2] or lanes[2, j]."""
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript) and getattr(node.value, "id", "") == name:
            index = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
            if isinstance(index, ast.Constant) and node not in given:
                yield index.value


def words_used(function, call, parent):
    """Return which of the four words of a call are used."""
    if call.func.id == "words_in_lanes":
        arrays = call.args[5].elts  # to be filled: given is not read
        for word, array in enumerate(arrays):
            if isinstance(array, ast.Name):
                entries = [n.value for n in ast.walk(function) if isinstance(n, ast.Subscript)]
                yield from [word] * any(getattr(e, "id", "") == array.id for e in entries)
        for name in {a.value.id for a in arrays if isinstance(a, ast.Subscript)}:
            yield from entries_read(function, name, given=arrays)
    elif isinstance(parent, ast.Subscript):
        yield parent.slice.value
    elif isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Tuple):
        for word, target in enumerate(parent.targets[0].elts):
            yield from [word] * is_read(function, target.id)
    elif isinstance(parent, ast.Assign):
        yield from entries_read(function, parent.targets[0].id)
    else:
        pytest.fail(f"{function.name}: a call of words that this test cannot read")


def streams_of(function, names):
    """Return the numbers of the streams that a function draws from or hands on."""
    parents = {id(c): node for node in ast.walk(function) for c in ast.iter_child_nodes(node)}
    loops = loops_of(function)
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "Stream":
            yield int(Stream[node.attr])
        if not isinstance(node, ast.Call):
            continue
        called = getattr(node.func, "id", "")
        if called in {"words", "words_in_lanes"}:
            for block in values_of(node.args[1], names, loops):
                for word in words_used(function, node, parents[id(node)]):
                    yield 4 * int(block) + word
        elif called in {"uniform", "poisson"}:
            if any(isinstance(n, ast.Attribute) for n in ast.walk(node.args[1])):
                continue  # Stream.NAME, seen above
            if getattr(node.args[1], "id", "") in {a.arg for a in function.args.args}:
                continue  # handed on by who calls, and seen there
            yield from map(int, values_of(node.args[1], names, loops))


def consumers(source, names, module):
    """Return the functions of a module by stream."""
    found = defaultdict(set)
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef):
            for stream in streams_of(function, names):
                found[stream].add(module if module in ONE_CONSUMER else f"{module}.{function.name}")
    return found


def all_consumers():
    found = defaultdict(set)
    for path in sorted((ROOT / "sim").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if NO_CONSUMERS & set(parts) or parts[-1] == "__init__":
            continue
        source = path.read_text()
        if "chance" not in source:
            continue
        names = vars(importlib.import_module(".".join(parts)))
        for stream, who in consumers(source, names, parts[-1]).items():
            found[stream] |= who
    return found


def test_every_stream_is_drawn_from_by_exactly_one_function():
    found = all_consumers()
    assert {Stream(s).name: who for s, who in found.items() if len(who) > 1} == {}
    assert set(found) == {int(s) for s in Stream}


def test_a_block_of_random_words_is_asked_for_by_its_name():
    by_number = []
    for path in sorted((ROOT / "sim").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            called = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if called in {"words", "words_in_lanes"} and isinstance(node.args[1], ast.Constant):
                by_number.append(f"{path.name}:{node.lineno}")
    assert by_number == []
    assert {block.value for block in Block} <= {stream // 4 for stream in Stream}


SHARING = {
    "by name": "def a():\n    uniform(key, Stream.MOTION, 0, 0, 0)\n"
    "def b():\n    uniform(key, Stream.MOTION, 1, 0, 0)\n",
    "by word": "def a():\n    w0, w1, _w2, _w3 = words(key, 5, h, i, 0)\n    return w1\n"
    "def b():\n    return words(key, 5, h, i, 0)[1]\n",
    "by lanes": "def a():\n    words_in_lanes(key, 5, h, 0, 0, (x, y, z, u))\n    return y[3]\n"
    "def b():\n    return column(seed, Stream.MOTION, 7)\n",
    "by a loop": "def a():\n    for t in range(4):\n        poisson(key, 20 + t, h, i, m)\n"
    "def b():\n    w = words(key, 5, h, i, 0)\n    return w[1]\n",
}


@pytest.mark.parametrize("source", SHARING.values(), ids=SHARING)
def test_two_functions_that_share_a_stream_are_found_however_they_draw(source):
    assert consumers(source, {}, "m")[Stream.MOTION] == {"m.a", "m.b"}


def test_a_word_that_nobody_reads_is_drawn_by_nobody():
    source = "def a():\n    w0, w1, _w2, _w3 = words(key, 5, h, i, 0)\n    return w0\n"
    assert set(consumers(source, {}, "m")) == {Stream.NOMINATION}


RECORDED = """
import json
import sys
from collections import Counter
from sim.core import chance

asked = Counter()
plain = {name: getattr(chance, name) for name in ("words", "words_in_lanes")}


def who():
    frame = sys._getframe(2)
    while frame.f_globals["__name__"] in ("sim.core.chance", __name__):
        frame = frame.f_back
    return frame.f_globals["__name__"].removeprefix("sim.") + "." + frame.f_code.co_name


def words(key, block, hour, row, draw):
    asked[who(), "block", int(block), int(hour), int(row), int(draw)] += 1
    return plain["words"](key, block, hour, row, draw)


def words_in_lanes(key, block, hour, start, draw, filled):
    asked[who(), "block", int(block), int(hour), int(start), int(draw)] += 1
    plain["words_in_lanes"](key, block, hour, start, draw, filled)


def uniform(key, stream, hour, row, draw):
    asked[who(), "stream", int(stream), int(hour), int(row), int(draw)] += 1
    return chance.unit(plain["words"](key, stream // 4, hour, row, draw)[stream % 4])


def _fill(key, stream, hour, start, draw, out):
    asked[who(), "stream", int(stream), int(hour), int(start), int(draw)] += 1
    for i in range(out.size):
        out[i] = chance.unit(plain["words"](key, stream // 4, hour, start + i, draw)[stream % 4])


chance.words, chance.words_in_lanes, chance.uniform, chance._fill = (
    words, words_in_lanes, uniform, _fill
)
from tests.small_worlds import begun

siege = begun(
    1, hours=60, scale=0.002, population__n_consumers=50_000, population__n_stores=20,
    population__n_sellers=10_000, population__n_onlookers=40_000, channel__quorum=500.0,
    mobilisation__join_rate=0.2, response="protect-and-talk",
)
siege.run()
assert siege.outcomes["cum_actions"] > 0
# The quiet twin decides by the numbers of the run.
twin = ("rules.poaching.court", "rules.poaching.renew")
twice = [list(map(str, key)) for key, n in asked.items() if n != 1 + (key[0] in twin)]
told = {}
for place, kind, number, *_ in asked:
    told.setdefault(f"{kind} {number}", set()).add(place)
print(json.dumps({
    "n": len(asked), "twice": twice, "told": {k: sorted(v) for k, v in told.items()},
}))
"""


@pytest.mark.slow
def test_in_a_run_no_number_is_asked_for_twice_by_a_decision():
    done = subprocess.run(
        [sys.executable, "-c", RECORDED],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, cwd=ROOT,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["n"] > 5000
    assert seen["twice"] == []
    streams = {k: who for k, who in seen["told"].items() if k.startswith("stream")}
    assert {k: who for k, who in streams.items() if len(who) > 1} == {}
    assert len(streams) > 30
