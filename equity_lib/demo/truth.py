"""What is true of a synthetic area, written beside its files so that estimates and imports can be scored."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from equity_lib.demo import scenario as planted
from equity_lib.demo.cells import Written
from equity_lib.demo.households import INCOME_POINTS, ITEMS, MIDDLE
from equity_lib.demo.persons import CANARIES
from equity_lib.demo.readiness import EASIER_BY, SECOND_FORM
from equity_lib.demo.scenario import FIRST_YEAR, STARTS, Scenario
from equity_lib.demo.world import World


def truth_text(world: World, files: Mapping[int, Sequence[Written]], stamp: Mapping[str, Any]) -> str:
    """The truth file as YAML: effects, traps, counts by file and rule, canaries."""
    from ruamel.yaml import YAML

    scenario = world.scenario
    told = {
        "synthetic": "ข้อมูลสังเคราะห์ / synthetic: no real child, no real money",
        "generator": dict(stamp),
        "identifiers": {
            "citizen_id": f"9{scenario.province}00, 7 digits, check digit: no ID starts with 9",
            "g_code": f"G62{scenario.province}99, six digits; planted second IDs G63{scenario.province}999",
            "telephone": "0600, six digits",
        },
        "effects": _effects(scenario),
        "traps": _traps(scenario),
        "score": {"middle": MIDDLE, "income": INCOME_POINTS, "items": {k: list(v) for k, v in ITEMS.items()}},
        "files": {year: [_file(written) for written in own] for year, own in files.items()},
        "counts": {year: _counts(world, year) for year in scenario.program_years},
        "canaries": _canaries(world),
    }
    yaml: Any = YAML(typ="safe", pure=True)
    made = io.StringIO()
    yaml.default_flow_style, yaml.allow_unicode, yaml.width = False, True, 4096
    yaml.sort_base_mapping_type_on_output = False
    yaml.dump(told, made)
    return made.getvalue()


def _effects(scenario: Scenario) -> dict[str, Any]:
    cutoffs = {year: scenario.cutoff(year) for year in scenario.program_years}
    groups = {
        name: {
            "start_half_year": start,
            "districts": [
                d.code for d, g in zip(scenario.districts, scenario.groups, strict=True) if g == name
            ],
        }
        for name, start in STARTS.items()
    }
    return {
        "national_transfer": {
            "design": "regression discontinuity: pmt_score below the cut-off; aged 6+ on 16 May; sharp",
            "cutoffs": cutoffs,
            "years": [year for year in scenario.program_years if year != planted.HEAPED],
            "attendance_term_2_points": planted.ATTENDANCE_EFFECT,
            "enrolled_next_year_share": planted.RETENTION_EFFECT,
            "attendance_term_1_points": 0.0,
            "note": "attendance is capped at 100 %, so that what can be estimated is up to 0.2 points less",
        },
        "case_teams": {
            "design": "staged roll-out by district and half-year (from October, from April) of found_date",
            "first_half_year": f"October {FIRST_YEAR} is half-year 0",
            "groups": groups,
            "returned_within_180_days_share": planted.RETURN_EFFECT,
            "clean_groups": ["first", "second", "never"],
            "censored": "children found in the last half-year had no 180 days before the files were closed",
            "recorded_as": "table agency, role implementer, mou_date",
        },
    }


def _traps(scenario: Scenario) -> dict[str, Any]:
    return {
        "confounded_stream": {
            "stream": "early_childhood",
            "outcome": "readiness score in March",
            "effect": planted.SUPPORT_EFFECT,
            "naive_difference": "about 5 points: better care centres apply more often",
            "seen_in": "development results of September, before support, differ as well",
        },
        "manipulated_score": {
            "year": planted.HEAPED if planted.HEAPED in scenario.program_years else None,
            "what": f"keen households from {planted.HEAP_FROM} above the cut-off to {planted.HEAP_TO} below",
            "share_of_keen": planted.HEAP_SHARE,
        },
        "diverging_districts": {
            "group": "diverging",
            "drift_a_half_year": planted.DRIFT,
            "note": "their returns rose before they had teams; the effect of teams is as elsewhere",
        },
        "break_in_series": {"instrument": "readiness", "from": SECOND_FORM, "easier_by": EASIER_BY},
        "gap": {
            "year": FIRST_YEAR,
            "baht": planted.GAP * scenario.scale,
            "spent_on": "a ledger line without a stream",
        },
    }


def _file(written: Written) -> dict[str, Any]:
    money = {"paid_in_question_baht": written.money} if written.money else {}
    account = {"kept": written.kept, "quarantined": written.quarantined}
    return {"file": written.file, **account, "rules": written.rules, **money}


def _counts(world: World, year: int) -> dict[str, Any]:
    paid = world.payments[(world.payments["year"] == year) & (world.payments["status"] == "paid")]
    cases = world.cases[world.cases["year"] == year]
    days = (cases["outcome_date"] - cases["found_date"]).dt.days
    soon = (cases["outcome"] == "returned") & (days <= planted.RETURN_DAYS)
    screened = world.screening[world.screening["year"] == year]
    return {
        "payments": {k: int(world.scenario.cases(k, year)) for k in sorted(paid["stream"].unique())},
        "children_paid": int(paid["child"].nunique()),
        "screened": len(screened),
        "moved_below_cutoff": int(screened["moved"].sum()),
        "cases_found": len(cases),
        "returned_within_180_days": int(soon.sum()),
        "followed_again": int(len(world.reported[world.reported["year"] == year]) - len(cases)),
    }


def _canaries(world: World) -> list[dict[str, str]]:
    rows = world.children.iloc[: len(CANARIES)]
    columns = ["given_name", "surname", "child_id", "phone", "guardian_name", "address"]
    return [{c: str(row[c]) for c in columns} for row in rows[columns].to_dict("records")]
