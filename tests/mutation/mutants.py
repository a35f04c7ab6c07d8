"""One small change at a time in a model's compiled SQL. Which changes there are, and making one."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp

Change = Callable[[exp.Expression], exp.Expression | None]

SWAPS: dict[type, type] = {
    exp.Add: exp.Sub,
    exp.Sub: exp.Add,
    exp.Mul: exp.Div,
    exp.Div: exp.Mul,
    exp.LT: exp.LTE,
    exp.LTE: exp.LT,
    exp.GT: exp.GTE,
    exp.GTE: exp.GT,
    exp.EQ: exp.NEQ,
    exp.NEQ: exp.EQ,
    exp.And: exp.Or,
    exp.Or: exp.And,
    exp.Min: exp.Max,
    exp.Max: exp.Min,
    exp.Sum: exp.Max,
    exp.Least: exp.Greatest,
    exp.Greatest: exp.Least,
    exp.Lag: exp.Lead,
    exp.Lead: exp.Lag,
    exp.Floor: exp.Ceil,
    exp.Ceil: exp.Floor,
}


@dataclass(frozen=True)
class Mutant:
    """A change of one node: `index` is its place in the walk over the tree."""

    model: str
    index: int
    change: str
    before: str
    after: str
    where: str  # the CTE that it lies in

    @property
    def key(self) -> str:
        """Name the mutant as the reviewed list does, without its place in the tree."""
        return f"{self.model} | {self.where} | {self.change} | {self.before} -> {self.after}"


def parse(sql: str) -> exp.Expression:
    """Read compiled SQL."""
    return sqlglot.parse_one(sql, dialect="duckdb")


def render(tree: exp.Expression) -> str:
    """Write SQL that the engine runs."""
    return tree.sql(dialect="duckdb")


def mutants_of(model: str, tree: exp.Expression) -> list[Mutant]:
    """List every change that this module knows of."""
    found = []
    repeated = {id(twin) for twins in _twins(tree) for twin in twins[1:]}
    for index, node in enumerate(tree.walk(bfs=False)):
        if id(node.find_ancestor(exp.CTE)) in repeated:
            continue
        for name, change in _changes(node):
            changed = change(node.copy())
            if changed is None or changed == node:
                continue
            before, after = (_short(each) for each in _in_context(node, changed))
            found.append(Mutant(model, index, name, before, after, _where(node)))
    return found


def mutate(tree: exp.Expression, mutant: Mutant) -> exp.Expression:
    """Give a copy of the tree with the change made; the same change in any world's tree.

    Raises LookupError where that tree was compiled otherwise, as in another time zone.
    """
    copied = tree.copy()
    nodes = list(copied.walk(bfs=False))
    if mutant.index >= len(nodes) or _where(nodes[mutant.index]) != mutant.where:
        raise LookupError(f"{mutant.key} has no place in this tree")
    for node in _same_places(copied, nodes[mutant.index]):
        change = dict(_changes(node)).get(mutant.change)
        changed = change(node.copy()) if change else None
        if changed is None:
            raise LookupError(f"{mutant.key} has no place in this tree")
        if node is copied:
            return changed
        node.replace(changed)
    return copied


def _twins(tree: exp.Expression) -> list[list[exp.CTE]]:
    """Give the CTEs that a loop wrote, `points_1`, `points_2`...: one spot of the model's source.

    Twins have the same name but for its number, and the same shape.
    """
    alike: dict[tuple[Any, ...], list[exp.CTE]] = {}
    for cte in tree.find_all(exp.CTE, bfs=False):
        stem = re.fullmatch(r"(\w+)_\d+", cte.alias)
        shape = tuple(type(node) for node in cte.walk(bfs=False))
        alike.setdefault((stem.group(1) if stem else cte.alias, shape), []).append(cte)
    return [twins for twins in alike.values() if len(twins) > 1]


def _same_places(tree: exp.Expression, node: exp.Expression) -> list[exp.Expression]:
    """Give the node and those at its place in the twins of its CTE."""
    cte = node.find_ancestor(exp.CTE)
    for twins in _twins(tree):
        if any(twin is cte for twin in twins):
            place = next(i for i, each in enumerate(cte.walk(bfs=False)) if each is node)
            return [list(twin.walk(bfs=False))[place] for twin in twins]
    return [node]


def _short(node: exp.Expression) -> str:
    text = " ".join(node.sql(dialect="duckdb").split())
    return text if len(text) <= 160 else text[:110] + " ... " + text[-45:]


def _in_context(
    node: exp.Expression, changed: exp.Expression
) -> tuple[exp.Expression, exp.Expression]:
    """Show a literal with the expression around it: one nought is not like another."""
    around = node.parent
    if not isinstance(node, exp.Literal) or around is None:
        return node, changed
    copied = around.copy()
    pairs = zip(list(around.iter_expressions()), list(copied.iter_expressions()), strict=True)
    for child, twin in pairs:
        if child is node:
            twin.replace(changed.copy())
    return around, copied


def _where(node: exp.Expression) -> str:
    cte = node.find_ancestor(exp.CTE)
    return cte.alias if cte else "last select"


def _changes(node: exp.Expression) -> Iterator[tuple[str, Change]]:
    if type(node) in SWAPS:
        yield "swap", _swap
    if isinstance(node, exp.Literal) and not node.is_string and _counts(node):
        yield "plus one", lambda literal: _number(float(literal.this) + 1, literal)
        yield "zero", lambda literal: _number(0.0, literal) if float(literal.this) else None
    if isinstance(node, exp.Literal) and node.is_string and _is_compared(node):
        yield "other text", lambda _: exp.Literal.string("mutant")
    if isinstance(node, exp.Case):
        for position in range(len(node.args["ifs"]) - 1):
            yield f"branches {position + 1}", _swap_branches(position)
    if isinstance(node, (exp.Where, exp.Having)):
        yield from _without_conjuncts(node, "this")
    if isinstance(node, exp.Join):
        yield from _without_conjuncts(node, "on")
        if node.args.get("on") is not None:
            yield "join kind", _other_join
    if isinstance(node, exp.Select) and node.args.get("distinct"):
        yield "no distinct", _without("distinct")
    if isinstance(node, exp.Union) and node.args.get("distinct"):
        yield "union all", lambda union: _with(union, "distinct", False)
    if isinstance(node, exp.Coalesce):
        yield "no coalesce", lambda call: call.this.copy()
    if isinstance(node, exp.Ordered):
        yield "order", lambda order: _with(order, "desc", not order.args.get("desc"))
    if isinstance(node, exp.Not):
        yield "no not", lambda negation: negation.this.copy()
    if isinstance(node, exp.Is) and not isinstance(node.parent, exp.Not):
        yield "negated", lambda test: exp.Not(this=test.copy())
    if isinstance(node, exp.Window):
        for position in range(len(node.args.get("partition_by") or [])):
            yield f"partition without key {position + 1}", _drop_key(position)


def _counts(literal: exp.Literal) -> bool:
    """Leave out the digits of types."""
    return literal.find_ancestor(exp.DataType) is None


def _is_compared(literal: exp.Literal) -> bool:
    return isinstance(literal.parent, (exp.EQ, exp.NEQ, exp.In, exp.If, exp.Case, exp.Alias))


def _swap(node: exp.Expression) -> exp.Expression:
    other = SWAPS[type(node)]
    if isinstance(node, exp.Mul):
        return exp.Div(this=node.this, expression=node.expression, typed=False, safe=False)
    return other(**{name: value for name, value in node.args.items() if name in other.arg_types})


def _number(value: float, like: exp.Literal) -> exp.Expression:
    whole = "." not in like.this and "e" not in like.this.lower()
    return exp.Literal.number(int(value) if whole else value)


def _swap_branches(position: int) -> Change:
    def swapped(case: exp.Expression) -> exp.Expression:
        branches = case.args["ifs"]
        branches[position], branches[position + 1] = branches[position + 1], branches[position]
        case.set("ifs", branches)
        return case

    return swapped


def _conjuncts(condition: exp.Expression) -> list[exp.Expression]:
    condition = condition.unnest()
    return list(condition.flatten()) if isinstance(condition, exp.And) else [condition]


def _without_conjuncts(node: exp.Expression, arg: str) -> Iterator[tuple[str, Change]]:
    condition = node.args.get(arg)
    if condition is None:
        return
    for position in range(len(_conjuncts(condition))):
        yield f"{arg} without {position + 1}", _drop_conjunct(arg, position)


def _drop_conjunct(arg: str, position: int) -> Change:
    def dropped(node: exp.Expression) -> exp.Expression:
        kept = [part for i, part in enumerate(_conjuncts(node.args[arg])) if i != position]
        rest = exp.and_(*(part.copy() for part in kept)) if kept else exp.true()
        node.set(arg, rest)
        return node

    return dropped


def _other_join(join: exp.Expression) -> exp.Expression:
    if join.args.get("side") == "LEFT":
        join.set("side", None)
        join.set("kind", "INNER")
    else:
        join.set("side", "LEFT")
        join.set("kind", None)
    return join


def _with(node: exp.Expression, arg: str, value: object) -> exp.Expression:
    node.set(arg, value)
    return node


def _without(arg: str) -> Change:
    return lambda node: _with(node, arg, None)


def _drop_key(position: int) -> Change:
    def dropped(window: exp.Expression) -> exp.Expression:
        keys = window.args["partition_by"]
        window.set("partition_by", [key for i, key in enumerate(keys) if i != position])
        return window

    return dropped
