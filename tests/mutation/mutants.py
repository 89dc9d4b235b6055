"""Small faults for a Python file: one change in the body of a function, or in a number above it.

A declared parameter is no place for one: its name, range, unit and default are held by the tests
of what is declared.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

SWAPS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
    ast.And: ast.Or, ast.Or: ast.And, ast.Break: ast.Continue, ast.Continue: ast.Break,
}  # fmt: skip
COMPARISONS = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
NAMES = {"min": "max", "max": "min"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change: the number of a node in the file's walk, and which of its changes."""

    file: str
    node: int
    way: int
    line: int
    text: str  # what changed, for people


def changes_of(node: ast.AST) -> Iterator[ast.AST]:  # noqa: C901 - a table of cases
    """Return what a node may be changed into."""
    match node:
        case ast.BinOp(op=op) | ast.AugAssign(op=op) | ast.BoolOp(op=op) if type(op) in SWAPS:
            yield _with(node, op=SWAPS[type(op)]())
        case ast.Compare(ops=[op]) if type(op) in COMPARISONS:
            for other in COMPARISONS[type(op)]:
                yield _with(node, ops=[other()])
        case ast.UnaryOp(op=ast.USub() | ast.Not(), operand=inner):
            yield inner
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
        case ast.Call(func=ast.Name(id=name)) if name in NAMES:
            yield _with(node, func=ast.Name(NAMES[name], ast.Load()))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.Break() | ast.Continue():
            yield SWAPS[type(node)]()
    if isinstance(node, ast.AugAssign) or (
        isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name | ast.Tuple)
    ):  # a write to a column that is left out
        yield ast.Pass()


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _places(tree: ast.Module) -> Iterator[ast.AST]:
    """Walk what may be changed: bodies of functions and numbers of the module, no annotation."""
    for top in tree.body:
        if isinstance(top, ast.Assign):
            yield from ast.walk(top.value)
        for function in [top] if isinstance(top, ast.FunctionDef) else []:
            for statement in function.body:
                yield from ast.walk(statement)


def mutants_of(file: str, source: str) -> list[Mutant]:
    """List every mutant of a file."""
    found = []
    for number, node in enumerate(_places(ast.parse(source))):
        for way, changed in enumerate(changes_of(node)):
            before, after = ast.unparse(node), ast.unparse(ast.fix_missing_locations(changed))
            text = f"{before.splitlines()[0]}  →  {after.splitlines()[0]}"
            found.append(Mutant(file, number, way, node.lineno, text))
    return found


def mutated(source: str, mutant: Mutant) -> ast.Module:
    """Return a file's tree with one mutant in it."""
    tree = ast.parse(source)
    node = next(n for i, n in enumerate(_places(tree)) if i == mutant.node)
    changed = list(changes_of(node))[mutant.way]
    return ast.fix_missing_locations(_Put(node, changed).visit(tree))


class _Put(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, ast.copy_location(new, old)

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)
