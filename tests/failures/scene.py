"""A published project, the `equity` command run on it, and what must hold after anything went wrong."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.batch.tiny_project import processes_of, tree, wait_until_gone, write_notebook

ROOT = Path(__file__).parents[2]
YEAR_FILE = "params/khon-kaen/2562.yaml"
#: What no message may hold: a name and a citizen's number, as an exception would quote them from a row.
PERSON = "Somchai Jaidee 1-1037-02071-81-1"
_PATH = re.compile(r"(?:^|[\s'\"(:=])(/[\w.@+-]+[^\s'\",;:()]*)", re.MULTILINE)


def environment(root: Path, **changes: str) -> dict[str, str]:
    """The user's environment, with this library, the faults at hand and nothing of another project."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("EQUITY_", "FAULT_", "COV_"))}
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests/failures/faults")])
    return kept | {"PYTHONPATH": path, "EQUITY_ROOT": str(root)} | changes


def command(*arguments: str) -> list[str]:
    """The command as a user types it."""
    return [sys.executable, "-m", "equity_lib.cli", *arguments]


def make_tiny(root: Path) -> Path:
    """Khon Kaen's real first year with two notebooks that need nothing but a kernel."""
    (root / YEAR_FILE).parent.mkdir(parents=True)
    shutil.copy(ROOT / YEAR_FILE, root / YEAR_FILE)
    write_notebook(root, "01_first", "print('first', area, program_year)")
    write_notebook(root, "02_second", "print('second')")
    return root


@dataclass
class Scene:
    """A project folder and what stood in its outputs before things went wrong."""

    root: Path
    before: Mapping[str, bytes]

    def equity(
        self, *arguments: str, argv: Sequence[str] = (), **env: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        return subprocess.run(
            argv or command(*arguments),
            env=environment(self.root, **env),
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        """Start the command in a process group of its own, as a terminal does."""
        return subprocess.Popen(
            command(*arguments),
            env=environment(self.root, **env),
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def write(self, text: str | bytes, name: str = YEAR_FILE) -> None:
        """Put a file into the project."""
        (self.root / name).write_bytes(text if isinstance(text, bytes) else text.encode())

    def replace(self, old: str, new: str, name: str = YEAR_FILE) -> None:
        """Change a text of a file, once."""
        text = (self.root / name).read_text("utf-8")
        assert old in text
        self.write(text.replace(old, new, 1), name)

    def line(self, text: str, name: str = YEAR_FILE) -> int:
        """Number of the first line that holds a text."""
        lines = (self.root / name).read_text("utf-8").splitlines()
        return next(number for number, each in enumerate(lines, 1) if text in each)

    def survived(self, done: "subprocess.CompletedProcess[str]", code: int, *said: str) -> None:
        """The exit code, a message that says what it should and nothing else, and nothing earlier touched."""
        text = done.stdout + done.stderr
        assert done.returncode == code, text
        for each in said:
            assert each in text, text
        clear(text, self.root)
        self.untouched()

    def untouched(self) -> None:
        """Every earlier output, byte for byte; no process and nothing unfinished is left."""
        after = tree(self.root / "outputs")
        assert {n for n in self.before if after.get(n) != self.before[n]} == set()
        assert {n for n in after.keys() - self.before.keys() if not n.startswith(".")} == set()
        assert not wait_until_gone(self.root), processes_of(self.root)
        assert not unfinished(self.root)


def clear(text: str, root: Path) -> None:
    """A message for a person: no traceback, no path outside the project, nothing about anybody."""
    assert "Traceback" not in text, text
    assert 'File "' not in text, text
    assert not [path for path in _PATH.findall(text) if not path.startswith(str(root))], text
    assert not [part for part in PERSON.split() if part in text], text


def unfinished(root: Path) -> list[str]:
    """What a run makes aside and should have taken away."""
    outputs = root / "outputs"
    found = [*outputs.glob(".staging-*"), *outputs.glob(".old"), *outputs.glob(".runs/**/.*.aside")]
    found += [path for path in outputs.rglob("*.json.*") if path.suffix[1:].isdigit()]
    return sorted(path.relative_to(outputs).as_posix() for path in found)


def end(process: subprocess.Popen[str]) -> None:
    """Kill what a test started, if it is still there."""
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.communicate()
