"""What a page shows around its sections: who and what, what doesn't add up, notes, how to make it again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from equity_lib.indicators.findings import findings
from equity_lib.programme.limits import LIMITS
from equity_lib.programme.parameters import YearParameters
from equity_lib.registry.year import Year
from equity_lib.report.edition import Edition, Research, anchor
from equity_lib.report.languages import Words

_STYLE = re.sub(  # no blank that means nothing
    r"\n *|(?<=[{,;:]) | (?=\{)|;\s*(?=\})", "", (Path(__file__).parent / "page.css").read_text("utf-8")
)


@dataclass
class Section:
    """A numbered section: its heading says the finding. The first one, without a title, leads the page."""

    title: Markup | str
    blocks: list[Markup]


def page_context(
    edition: Edition, name: str, nb: Any, sections: list[Section], titles: Mapping[str, str]
) -> dict[str, Any]:
    """The template's variables for one page.

    Parameters
    ----------
    edition
        After rendering all sections, so that it knows which numbers were shown.
    name
        The notebook's file name without ending.
    nb
        The executed notebook, for its role and the version that made it.
    sections
        In order; the leading one first.
    titles
        Of the page, by language.
    """
    words, given = edition.words, edition.data.given
    stored = nb.metadata["equity"]
    title = titles[words.language]
    headline = []
    if isinstance(given, YearParameters) and stored["role"] == "fund_report":
        headline = _headline(edition, given)  # before the notes: it shows numbers
    whole = {
        "words": words,
        "language": words.language,
        "title": title,
        "lead": sections[0].blocks,
        "sections": [
            {"id": f"s-{i}", "title": section.title, "blocks": section.blocks}
            for i, section in enumerate(sections[1:], 1)
        ],
        "notes": _notes(edition, brief=stored["role"] == "fund_report"),
        "definitions": _definitions(edition),
        "passages": _passages(edition),
        "library": str(stored.get("library", ""))[:12],
        "notebook": f"notebooks/{name}.ipynb",
        "style": style(words, title, edition),
    }
    if isinstance(given, Research):
        return whole | {
            "kind": "research",
            "badge": words.text("badge.research"),
            "strengths": words.text("page.strengths_research"),
            "command": "make validation",
            "here": {"name": name},
        }
    return whole | {
        "area": words.name(given.area_name),
        "year": words.text(
            "page.year", ordinal=words.digits(str(given.ordinal)), year=words.digits(str(given.program_year))
        ),
        "project": words.name(given.project.name),
        "badge": words.text(badge(given)),
        "kind": given.kind,
        "who": [
            (words.text("page.secretariat"), words.name(given.secretariat.name)),
            (words.text("page.funder"), words.name(given.funder.name)),
            (
                words.text("page.released"),
                words.date(given.release_date) if given.release_date else words.mark("not_stated"),
            ),
        ],
        "headline": headline,
        "notes_lead": _notes_lead(words, given, stored["role"]),
        "strengths": words.text(f"page.strengths_{given.kind}"),
        "weaker": _weaker(words, given),
        "command": f"equity run {given.area}/{given.program_year} --force",
        "contact": _contact(edition, given),
        "here": {"name": name, "area": given.area, "year": given.program_year},
        "neighbours": _neighbours(edition, given, name),
    }


def badge(given: YearParameters) -> str:
    """Key of the status badge: a report without a release date is a draft."""
    return f"badge.{given.kind}" if given.release_date or given.kind != "published" else "badge.draft"


def _weaker(words: Words, given: YearParameters) -> str:
    """The signed reason for settings of disclosure control that protect less than usual, or nothing."""
    weakened, signed = given.disclosure.weakened, given.disclosure.exception
    if not weakened or signed is None:
        return ""
    settings = ", ".join(
        words.text(
            f"setting.{name}",
            value=words.digits(str(value)),
            default=words.digits(str(LIMITS[name].default)),
        )
        for name, value in weakened.items()
    )
    return words.text(
        "page.weaker",
        settings=settings,
        reason=words.name(signed.reason),
        signed_by=words.name(signed.signed_by),
        date=words.date(signed.date),
    )


def _headline(edition: Edition, given: YearParameters) -> list[dict[str, Any]]:
    """Every error finding of the area-year; no cell, section or parameter can leave one out.

    The number that the first of them calls its gap is set large: it is what has to be explained.
    """
    shown = edition.data.safe.statements.values()
    earlier = tuple(year for year in edition.data.years if year.program_year < given.program_year)
    declared = findings(Year(given, earlier)).items  # anew: a notebook may display none
    each = {item.id: item for item in (*declared, *shown) if item.severity == "error"}
    found = list(each.values())
    made: list[dict[str, Any]] = [{"sentence": edition.sentence(item)} for item in found]
    if found and "gap" in found[0].refs:
        cell = edition.cell(found[0].refs["gap"])
        unit = edition.words.text(f"unit_name.{cell.unit}")
        made[0] |= {
            "id": cell.id,
            "figure": edition.words.figure(cell.value, cell.unit, cell.status),
            "unit": unit,
        }
    return made


def _notes_lead(words: Words, given: YearParameters, role: str) -> str:
    if given.kind == "published":
        return words.text("page.notes_lead")
    return words.text("page.notes_lead_brief" if role == "fund_report" else "page.notes_lead_register")


def _notes(edition: Edition, brief: bool) -> list[dict[str, Any]]:
    """One note a number shown, and one for each number that those are computed from.

    In brief, counts of the register that a page doesn't show have their notes on the reports that do.
    """
    todo = [each for each in edition.shown if ":" not in each]
    made: dict[str, dict[str, Any]] = {}
    while todo:
        each = todo.pop(0)
        if each in made:
            continue
        cell, relation = edition.cell(each), edition.data.safe.relations.get(each)
        made[each] = {
            "id": each,
            "code": Markup(".<wbr>").join(each.split(".")),
            "anchor": anchor(each),
            "label": edition.label(each),
            "value": edition.noted(cell),
            "unknown": cell.value != cell.value,
            "formula": edition.formula(each),
            "fact": cell.fact.replace(":", "-"),
        }
        personal = edition.data.safe.tables[cell.table].sensitivity == "personal"
        if brief and personal:
            continue
        if not cell.fact and relation and cell.value == cell.value and not edition.counted(each):
            todo += relation.terms
    return list(made.values())


def _definitions(edition: Edition) -> list[tuple[str, str]]:
    words, tables = edition.words, edition.data.safe.tables
    used = edition.defined | dict.fromkeys(
        edition.cell(each).table for each in edition.shown if ":" not in each
    )
    made = [(words.about(f"table.{each}"), words.about(f"define.{each}")) for each in used if each in tables]
    return list(dict.fromkeys(made))


def _passages(edition: Edition) -> list[dict[str, str]]:
    made = []
    for fact in edition.facts():
        passage, source, date = edition.passage(fact)
        year, name = fact.split(":")
        made.append(
            {
                "anchor": f"f-{year}-{name}",
                "fact": fact,
                "name": name,
                "passage": passage,
                "source": source,
                "date": date,
            }
        )
    return made


def _contact(edition: Edition, given: YearParameters) -> dict[str, Any]:
    words = edition.words
    contact = given.contact
    return {
        "office": words.name(contact.office) if contact else words.text("page.contact_not_stated"),
        "channel": contact.channel if contact else "",
        "sign_off": [words.name(role) for role in given.sign_off or []],
    }


def _neighbours(edition: Edition, given: YearParameters, name: str) -> dict[str, Any]:
    """The years beside this one; a report that a year doesn't have is reached through the year's own page."""
    years = [each.program_year for each in edition.data.years]
    at = years.index(given.program_year)
    return {
        "previous": years[at - 1] if at > 0 else None,
        "next": years[at + 1] if at + 1 < len(years) else None,
        "page": name,
    }


def style(words: Words, title: str, edition: Edition | None = None) -> Markup:
    """The page's only style sheet; the running title of the printed page is part of it."""
    running = title
    given = edition.data.given if edition else None
    if isinstance(given, YearParameters):
        running = words.text(
            "page.print_title",
            title=title,
            area=words.name(given.area_name),
            year=words.digits(str(given.program_year)),
        )
    return Markup(_STYLE.replace("@RUNNING_TITLE@", _css_string(running)))


def _css_string(text: str) -> str:
    """A CSS string in which only letters and digits stand as they are."""
    return '"' + "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):x} " for c in text) + '"'
