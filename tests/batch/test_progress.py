"""What a reader sees while a run is at work."""

import io
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from equity_lib.batch.progress import BarProgress, JsonProgress, PlainProgress, progress


def play(shown):
    shown.begin(2)
    shown.started("khon-kaen/2562 01_first")
    shown.at_cell("khon-kaen/2562 01_first", 3)
    shown.finished("khon-kaen/2562 01_first")
    shown.started("khon-kaen/2562 02_second")
    shown.failed("khon-kaen/2562 02_second", "cell 2 raised [red]KeyError")
    shown.end()


def test_plain_progress_is_a_line_an_event(capsys):
    play(PlainProgress())
    assert capsys.readouterr().out == (
        "khon-kaen/2562 01_first: done\nkhon-kaen/2562 02_second: FAILED, cell 2 raised [red]KeyError\n"
    )


def test_progress_without_a_terminal_is_plain():
    assert isinstance(progress(), PlainProgress)


def test_bar_progress_shows_the_notebook_in_hand_and_a_line_a_failure(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    play(BarProgress())
    shown = capsys.readouterr().out
    assert "khon-kaen/2562 01_first [3]" in shown or "khon-kaen/2562 02_second" in shown
    assert "khon-kaen/2562 02_second: FAILED, cell 2 raised [red]KeyError" in shown


def test_plain_progress_goes_on_when_the_reader_has_gone():
    code = (
        "import sys, time\nfrom equity_lib.batch.progress import PlainProgress\n"
        "sys.stdin.readline()\nfor _ in range(3): PlainProgress().say('x' * 9000)\nsys.exit(7)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.close()
    process.stdin.write(b"\n")
    process.stdin.close()
    assert process.wait(10) == 7


def test_json_progress_from_several_threads_is_an_object_a_line(monkeypatch):
    class Slow(io.StringIO):  # whoever is let in between a text and the end of its line shows here
        def write(self, text):
            written = super().write(text)
            time.sleep(0.001)
            return written

    out = Slow()
    monkeypatch.setattr(sys, "stdout", out)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda cell: JsonProgress().at_cell("demo/2562 02_reach", cell), range(40)))
    told = [json.loads(line)["cell"] for line in out.getvalue().splitlines()]
    assert sorted(told) == list(range(40))
