"""kill -9 at 8 seeded moments of a run of two notebooks; `bench/kill_run.py` takes 100 and real ones."""

import pickle

import pytest

from tests.failures import kills
from tests.pages import once

KILLS, SEED = 8, 2562


@pytest.fixture(scope="session")
def known(tiny, tmp_path_factory):
    """The change that is killed, undisturbed; made once a session."""

    def make(folder):
        folder.mkdir()
        (folder / "known").write_bytes(pickle.dumps(kills.undisturbed(tiny, folder)))

    return pickle.loads((once(tmp_path_factory, "undisturbed", make) / "known").read_bytes())  # noqa: S301


@pytest.mark.parametrize("number", range(KILLS))
def test_killed_run_leaves_old_or_new_pages_and_the_next_completes_it(known, number):
    moment = kills.moments(KILLS, SEED, known.changes)[number]
    outcome = kills.kill(known, moment)
    assert not outcome.violations, str(moment)
    assert outcome.killed or moment.kind == "time", f"{moment}: it had ended before"
