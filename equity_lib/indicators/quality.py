"""Data quality of a register: what became of every row, what is missing, and register against claim."""

from collections.abc import Iterator, Mapping
from typing import Any

from equity_lib.indicators.findings import findings
from equity_lib.indicators.views import check_view
from equity_lib.programme.places import place
from equity_lib.registry.register import Register
from equity_lib.registry.rules import rules
from equity_lib.registry.schema import CHILD, load
from equity_lib.registry.year import Year
from equity_lib.relations import Relation
from equity_lib.results import Dimension, Name, Statement, Table, cells

#: Rules whose rows hold money that was paid or may have been: it stays in the reconciliation.
MONEY_RULES = ("Q12", "Q13", "Q14", "Q15")


def quality(year: Year, of: str) -> Table | Statement:
    """One view of how far a register can be trusted.

    Parameters
    ----------
    year
        An opened programme year.
    of
        `flow`: what became of every row handed in; it adds up. `questions`: rows that wait for a
        clerk, by rule. `columns`, `districts`: how far columns are filled in. `streams`: payments and
        money beside the claimed cases, money in question as a measure of its own. `children`: fewest
        and most distinct children. `findings`: what does not add up or is not said, of the published
        figures as well.

    Returns
    -------
    Table or Statement
        `register.<of>`, or the list of findings. Without a register, what it would take and what it
        would answer.

    Raises
    ------
    WrongParameters
        If there is no such view.
    """
    check_view(of, VIEWS)
    if of == "findings":  # these need no register
        return findings(year)
    if year.register is None:
        return Statement("needs.register", names={"area": year.parameters.area_name})
    return OF_REGISTER[of](year, year.register)


def _flow(year: Year, register: Register) -> Table:
    """What became of every row that the office handed in: a flow that adds up.

    Rows read = kept + mended and imported again + in question + without data (titles, totals,
    signatures, repeated rows). Nothing is quarantined out of sight.

    """
    told = register.flow()
    own = told[~told["fixes"]].groupby("step")["rows"].sum()
    steps = {
        "read": int(own.get("read", 0)),
        "kept": int(own.get("kept", 0)),
        "mended": int(told.loc[told["fixes"] & (told["step"] == "kept"), "rows"].sum()),
        "in_question": len(register.in_question()),
        "without_data": int(own.drop(["read", "kept", "quarantined"], errors="ignore").sum()),
    }
    steps["unaccounted"] = 2 * steps["read"] - sum(steps.values())
    rows = [_count("step", step, "rows", "row", value) for step, value in steps.items()]
    parts = tuple(f"register.flow.{step}" for step in steps if step != "read")
    return _table(
        year,
        "flow",
        "step",
        tuple(steps),
        rows,
        (Relation("sum", "register.flow.read", parts),),
        total="read",
    )


def _questions(year: Year, register: Register) -> Table:
    """Rows that wait for a clerk, by the rule that put them there."""
    counts = register.in_question()["rule"].value_counts()
    known = [code for code in rules() if code in counts.index]
    rows = [_count("rule", code, "rows", "row", int(counts[code])) for code in known]
    rows = rows or [_count("rule", "none", "rows", "row", 0)]
    names = {code: rules()[code].reason for code in known}
    return _table(year, "questions", "rule", tuple(known) or ("none",), rows, names=names)


def _filled_columns(year: Year, register: Register) -> Table:
    """Of the rows of each personal table, how many have each column filled in."""
    return _filled(year, "columns", list(_columns(register)))


def _filled_districts(year: Year, register: Register) -> Table:
    """Of the children of each district, how many have a row without a gap."""
    return _filled(year, "districts", list(_districts(register)))


def _filled(year: Year, name: str, found: list[tuple[str, Name, int, int]]) -> Table:
    rows, relations = [], []
    for level, _, filled, whole in found:
        cell = f"register.{name}.{level}"
        rows.append(_count("place", level, "filled", "row", filled))
        rows.append(_count("place", level, "rows", "row", whole))
        share = None if whole == 0 else 100 * filled / whole
        rows.append({"place": level, "measure": "share_filled", "unit": "percent", "value": share})
        relations.append(Relation("ratio", f"{cell}.share_filled", (cell, f"{cell}.rows"), scale=100))
    names = {level: label for level, label, _, _ in found}
    return _table(year, name, "place", tuple(names), rows, tuple(relations), names=names)


def _streams(year: Year, register: Register) -> Table:
    """Payments in the register beside the cases that the office claims, stream by stream.

    Baht = rate × payments. Money of rows under Q12–Q15 is a line of its own, "paid, in question".

    """
    paid = register.table("support_payment", ["child_id", "stream", "amount"])
    held = register.in_question()
    held = held[held["rule"].isin(MONEY_RULES)]
    rows: list[dict[str, Any]] = []
    relations: list[Relation] = []
    for stream in year.parameters.streams or []:
        own = paid[paid["stream"] == stream.key]
        count = int((own["amount"] > 0).sum() - (own["amount"] < 0).sum())
        cell = f"register.streams.{stream.key}"
        rows.append(_count("stream", stream.key, "payments", "row", count))
        rows.append(_count("stream", stream.key, "children", "person", own["child_id"].nunique()))
        waiting = int((held["stream"] == stream.key).sum())
        rows.append(_count("stream", stream.key, "in_question", "row", waiting))
        claimed, rate = stream.cases, stream.rate
        rows.append({"stream": stream.key, "measure": "claimed", "unit": "case", "value": claimed})
        relations.append(Relation("sum", f"{cell}.claimed", (f"money.{stream.key}.cases",)))
        baht = None if rate is None else rate * count
        rows.append({"stream": stream.key, "measure": "paid", "unit": "baht", "value": baht})
        relations.append(Relation("product", f"{cell}.paid", (f"money.{stream.key}.rate", cell)))
        doubt = None if rate is None else rate * waiting
        rows.append({"stream": stream.key, "measure": "paid_in_question", "unit": "baht", "value": doubt})
        terms = (f"money.{stream.key}.rate", f"{cell}.in_question")
        relations.append(Relation("product", f"{cell}.paid_in_question", terms))
    names = {stream.key: stream.name for stream in year.parameters.streams or []}
    return _table(year, "streams", "stream", tuple(names), rows, tuple(relations), names=names)


def _children(year: Year, register: Register) -> Table:
    """Fewest and most distinct children: all look-alikes are one, or none is and rows in question add theirs.

    Pairs that may be one child are listed for a person to decide, never merged.

    """
    fewest, most = register.children()
    rows = [
        _count("bound", "fewest", "persons", "person", fewest),
        _count("bound", "most", "persons", "person", most),
    ]
    return _table(year, "children", "bound", ("fewest", "most"), rows)


def _columns(register: Register) -> Iterator[tuple[str, Name, int, int]]:
    for table in register.tables():
        schema = load().tables[table]
        if not schema.is_personal:
            continue
        own = [column for column in schema.public if column in schema.columns and column != CHILD]
        frame = register.table(table, own)
        for column in own:
            if frame[column].notna().any():  # a column that the office doesn't keep is not a gap
                label = schema.columns[column].label
                both = Name(f"{schema.label.th}: {label.th}", f"{schema.label.en}: {label.en}")
                yield f"{table}.{column}", both, int(frame[column].notna().sum()), len(frame)


def _districts(register: Register) -> Iterator[tuple[str, Name, int, int]]:
    frame = register.table("child").dropna(axis="columns", how="all")
    whole = frame.notna().all(axis=1)
    for code, rows in frame.groupby("district", sort=True):
        found = place(str(code))
        yield str(code), Name(found.name_th, found.name_en), int(whole[rows.index].sum()), len(rows)


def _count(dim: str, level: str, measure: str, unit: str, value: int) -> dict[str, Any]:
    return {dim: level, "measure": measure, "unit": unit, "value": value, "n": value}


def _table(
    year: Year,
    name: str,
    dim: str,
    levels: tuple[str, ...],
    rows: list[dict[str, Any]],
    relations: tuple[Relation, ...] = (),
    names: Mapping[str, Name] | None = None,
    total: str | None = None,
) -> Table:
    kind = year.parameters.kind
    return Table(
        id=f"register.{name}",
        dims=(Dimension(dim, levels, names or {}, total=total),),
        cells=cells(f"register.{name}", [dim], rows),
        relations=relations,
        population="register",
        as_of="not_stated",
        source="synthetic" if kind == "synthetic" else "register",
        sensitivity="personal",
    )


OF_REGISTER = {
    "flow": _flow,
    "questions": _questions,
    "streams": _streams,
    "children": _children,
    "columns": _filled_columns,
    "districts": _filled_districts,
}
VIEWS = ("findings", *OF_REGISTER)
