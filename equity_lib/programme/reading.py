"""YAML read with positions: every key knows its line, nothing is guessed, nothing can explode."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.error import MarkedYAMLError, YAMLError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.tokens import (
    AliasToken,
    FlowMappingEndToken,
    FlowMappingStartToken,
    FlowSequenceEndToken,
    FlowSequenceStartToken,
    TagToken,
)

from equity_lib.errors import Fault, WrongParameters

#: A parameter file is written by hand; a larger one is a mistake or an attack.
LARGEST_BYTES = 1_000_000
DEEPEST = 20

Key = tuple[str | int, ...]
#: libyaml where the wheel has it: every kernel reads these files, and a pure reader takes 30 times as long.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_OPENING = (FlowSequenceStartToken, FlowMappingStartToken)
_CLOSING = (FlowSequenceEndToken, FlowMappingEndToken)
_INTEGER = re.compile(r"[+-]?[0-9][0-9_]*\Z")
_DECIMAL = re.compile(r"[+-]?[0-9][0-9_]*\.[0-9]+\Z")


@dataclass
class Document:
    """Plain values of a YAML file with the line of each key.

    Attributes
    ----------
    name
        The file as it is called in messages.
    data
        Mappings, lists, `int`, `float`, `bool` and `str`; an empty value is None.
    lines
        Path of keys → 1-based line.
    faults
        Duplicate keys, found while reading; the caller adds its own and raises them together.
    """

    name: str
    data: Any = None
    lines: dict[Key, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, key: Key) -> int:
        """Line of `key`, or of the nearest parent that is there."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, 1)


def read_yaml(path: Path, name: str) -> Document:
    """Read `path`; aliases, tags, tabs and oversized files are refused with their line.

    Parameters
    ----------
    path
        The file.
    name
        How messages call it (relative to the project, so that no machine path is printed).

    Raises
    ------
    WrongParameters
        If the file is missing, too large, not UTF-8, or not plain YAML.
    """
    document = Document(name)
    try:
        raw = _bytes(path, name)
        text = raw.decode("utf-8-sig")
        depth = 0
        for token in yaml.scan(text, Loader=_Loader):
            # Refused here already: thousands of open brackets take the scanner minutes.
            depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
            if depth > DEEPEST:
                raise RecursionError
            if isinstance(token, AliasToken):
                line = token.start_mark.line + 1
                raise _refuse(name, line, "an alias (*)", "plain values", "Write the value out.")
            if isinstance(token, TagToken):
                line = token.start_mark.line + 1
                raise _refuse(name, line, "a tag (!)", "plain values", "Quote a text that starts with `!`.")
        node = yaml.compose(text, Loader=_Loader)
    except UnicodeDecodeError as error:
        raise _refuse(
            name, 0, f"a byte at {error.start} that isn't UTF-8", "UTF-8", "Save it as UTF-8."
        ) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        found = (error.problem or "something that isn't YAML").replace("\t", "\\t").removeprefix("found ")
        line = text.splitlines()[mark.line : mark.line + 1] if mark else []
        hint = "Indent with spaces, not tabs." if "\t" in "".join(line) else ""
        raise _refuse(name, mark.line + 1 if mark else 0, found, "plain YAML", hint) from None
    except YAMLError as error:
        found = str(error).splitlines()[0] if str(error) else "something that isn't YAML"
        raise _refuse(name, 0, found, "plain YAML", "") from None
    except RecursionError:
        raise _refuse(name, 0, "values nested too deeply", f"at most {DEEPEST} levels", "") from None
    if node is None:
        raise _refuse(name, 0, "an empty file", "one complete file a year", "Run `equity new-year`.")
    document.data = _value(document, node, ())
    return document


def _bytes(path: Path, name: str) -> bytes:
    try:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise _refuse(name, 0, f"{size:,} bytes", f"at most {LARGEST_BYTES:,}", "Is this the right file?")
        return path.read_bytes()
    except FileNotFoundError:
        raise _refuse(
            name, 0, "no such file", "one file a programme year", "Run `equity new-year`."
        ) from None
    except IsADirectoryError:
        raise _refuse(name, 0, "a folder", "a YAML file", "") from None


def _refuse(name: str, line: int, found: str, allowed: str, action: str) -> WrongParameters:
    return WrongParameters("This file can't be read.", [Fault(name, line, "", found, allowed, action)])


def _value(document: Document, node: Node, key: Key) -> Any:
    document.lines.setdefault(key, node.start_mark.line + 1)
    if len(key) > DEEPEST:
        raise RecursionError
    if isinstance(node, MappingNode):
        return _mapping(document, node, key)
    if isinstance(node, SequenceNode):
        return [_value(document, item, (*key, i)) for i, item in enumerate(node.value)]
    return _scalar(node) if isinstance(node, ScalarNode) else None


def _mapping(document: Document, node: MappingNode, key: Key) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name_node, value_node in node.value:
        name = str(name_node.value)
        line = name_node.start_mark.line + 1
        if name in made:
            first = document.lines[(*key, name)]
            dotted = ".".join(map(str, (*key, name)))
            document.faults.append(
                Fault(
                    document.name,
                    line,
                    dotted,
                    "the key a second time",
                    f"once (line {first})",
                    "Delete one.",
                )
            )
            continue
        document.lines[(*key, name)] = line
        made[name] = _value(document, value_node, (*key, name))
    return made


def _scalar(node: ScalarNode) -> Any:
    """Only integers, decimals and true/false are typed: dates stay text for the project's own parser."""
    text = str(node.value)
    if node.style in ("'", '"', "|", ">"):
        return text
    if _INTEGER.match(text):
        return int(text)
    if _DECIMAL.match(text):
        return float(text)
    if text in ("true", "false"):
        return text == "true"
    return None if text in ("", "~", "null") else text
