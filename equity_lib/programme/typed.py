"""A YAML document as a typed model, or every fault that it has, in words a clerk understands."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from equity_lib.errors import Fault
from equity_lib.programme.fields import NOT_STATED
from equity_lib.programme.reading import Document, Key

Model = TypeVar("Model", bound=BaseModel)

_ALLOWED = {
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "keys with values",
    "model_type": "keys with values",
}


def typed(document: Document, model: type[Model]) -> tuple[Model | None, list[Fault]]:
    """The document as `model`, or None, and every fault with its line."""
    faults = list(document.faults)
    try:
        return model.model_validate(document.data), faults
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            faults.append(_fault(document, _key(document, problem["loc"]), problem["type"], problem))
    return None, faults


def _key(document: Document, loc: tuple[str | int, ...]) -> Key:
    """Where a fault is; the name of a variant that pydantic puts into the path is no key of the file."""
    made: Key = ()
    for part, after in zip(loc, (*loc[1:], None), strict=True):
        variant = (*made, part) not in document.lines and after is not None
        made = made if variant and isinstance(part, str) else (*made, part)
    return made


def _fault(document: Document, key: Key, kind: str, problem: Mapping[str, Any]) -> Fault:
    dotted = ".".join(map(str, key))
    context = problem.get("ctx", {})
    if kind == "missing":
        found, allowed, action = (
            "nothing",
            "this key is required",
            f"Add it, with {NOT_STATED} if it isn't known.",
        )
    elif kind == "extra_forbidden":
        found, allowed, action = (
            "an unknown key",
            "the keys of METHODS.md",
            "Check the spelling, or delete it.",
        )
    else:
        found = shown(problem["input"])
        allowed = context.get("allowed") or context.get("expected") or _ALLOWED.get(kind, problem["msg"])
        action = context.get("action", "")
    return Fault(document.name, document.line(key), dotted, found, allowed, action)


def shown(value: object) -> str:
    """A value as messages quote it: short, one line, its kind clear."""
    if value is None:
        return f"nothing (write {NOT_STATED} if it isn't known)"
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "keys with values"
    text = (
        str(value).lower()
        if isinstance(value, bool)
        else repr(value)
        if isinstance(value, str)
        else str(value)
    )
    return text if len(text) <= 60 else f"{text[:57]}…"
