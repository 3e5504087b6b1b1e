"""The rules of dirty input by their numbers: A accepted and normalised, Q quarantined, X refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from equity_lib.errors import Fault, InputRejected
from equity_lib.results import Name


@dataclass(frozen=True)
class Rule:
    """A rule's reason and, for Q and X, the fix, in both languages."""

    code: str
    reason: Name
    fix: Name


@cache
def rules() -> dict[str, Rule]:
    """All rules by code."""
    from ruamel.yaml import YAML

    raw = YAML(typ="safe", pure=True).load(
        files("equity_lib.registry").joinpath("rules.yaml").read_text("utf-8")
    )
    made = {}
    for code, texts in raw.items():
        reason_th, fix_th, reason_en, fix_en = texts if len(texts) == 4 else (texts[0], "", texts[1], "")
        made[code] = Rule(code, Name(reason_th, reason_en), Name(fix_th, fix_en))
    return made


@cache
def codes() -> tuple[str, ...]:
    """Rule codes in order, the empty one first: a rule travels through arrays as its index here."""
    return ("", *rules())


@cache
def index() -> dict[str, int]:
    """Code → its index in `codes()`."""
    return {code: i for i, code in enumerate(codes())}


def fault(
    code: str, file: str, *, sheet: str = "", line: int = 0, key: str = "", found: str = "", allowed: str = ""
) -> Fault:
    """What is wrong by rule `code`, said with the rule's own words where nothing is given."""
    rule = rules()[code]
    place = "!".join(part for part in (sheet, key) if part)
    said = f"{rule.reason.en} ({found})" if found else rule.reason.en
    fix = rule.fix.en[:1].upper() + rule.fix.en[1:]
    return Fault(
        file, line, f"{place} [{code}]".strip(), said, allowed or "see the rule", f"{fix}. · {rule.fix.th}"
    )


def reject(faults: Sequence[Fault] | Fault) -> InputRejected:
    """The error that refuses a file, with all that is wrong with it."""
    found = (faults,) if isinstance(faults, Fault) else tuple(faults)
    return InputRejected("The import was refused; nothing was changed.", found)
