"""The typical report of the benches: 13 cells, 5,000 rows, three seaborn charts, two tables."""

import json
from pathlib import Path

CELLS = (
    'area: str = "bench"\nprogram_year: int = 2562',
    "import numpy as np\nimport pandas as pd\nimport seaborn as sns\nimport matplotlib.pyplot as plt",
    "rng = np.random.default_rng(program_year)\nn = 5000",
    "rows = pd.DataFrame({\n"
    "    'district': rng.integers(1, 27, n), 'age': rng.integers(3, 19, n),\n"
    "    'income': rng.lognormal(8, 0.6, n), 'attend': rng.beta(8, 2, n),\n"
    "    'stream': rng.choice(['food', 'travel', 'kit'], n)})",
    "rows.describe().round(3)",
    "by_district = rows.groupby('district').agg(n=('age', 'size'), mean=('income', 'mean'))\n"
    "by_district.round(1).head(8)",
    "fig, ax = plt.subplots(figsize=(7, 4))\nsns.histplot(rows, x='income', hue='stream', ax=ax);",
    "fig, ax = plt.subplots(figsize=(7, 4))\nsns.barplot(rows, x='district', y='attend', seed=1, ax=ax);",
    "fig, ax = plt.subplots(figsize=(7, 4))\n"
    "sns.lineplot(rows, x='age', y='attend', hue='stream', seed=1, ax=ax);",
    "share = rows['attend'].gt(0.8).groupby(rows['stream']).mean()\nshare.round(4)",
    "np.linalg.lstsq(np.c_[np.ones(n), rows[['age', 'income']]], rows['attend'], rcond=None)[0].round(9)",
    "rows.sort_values(['district', 'age', 'income']).head(5)[['district', 'age', 'stream']]",
    "print(len(rows), rows['income'].sum().round(2))",
)


def write(folder: Path, count: int) -> list[Path]:
    """Write the notebook, with `metadata.equity`, under `count` names."""
    paths = []
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, count + 1):
        cells = [_cell(i, source) for i, source in enumerate(CELLS)]
        cells[0]["metadata"] = {"tags": ["parameters"]}
        name = f"{number:02}_typical"
        metadata = {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "equity": {
                "title": {"th": name, "en": name},
                "order": number,
                "needs": [],
                "cites": [],
                "role": "report",
            },
        }
        path = folder / f"{name}.ipynb"
        path.write_text(
            json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}), "utf-8"
        )
        paths.append(path)
    return paths


def _cell(number: int, source: str) -> dict[str, object]:
    return {
        "cell_type": "code",
        "id": f"c{number}",
        "metadata": {},
        "source": source,
        "execution_count": None,
        "outputs": [],
    }
