"""The `equity` command: parse, call one function, print, exit code.

Imports of what a command needs stand in its body: "nothing to do" must not wait for pandas.
"""

import os
import sys
from enum import StrEnum
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from equity_lib.batch.interruption import interruptible
from equity_lib.cli import register
from equity_lib.errors import EquityError, Fault, NotReproducible, WrongParameters

INTERRUPTED = 130
BUG = 70

app = typer.Typer(
    help="Reports of an education fund's programme years, reconciled and reproducible.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


class Language(StrEnum):
    """In which languages pages are made."""

    th = "th"
    en = "en"
    both = "both"


Targets = Annotated[list[str] | None, typer.Argument(metavar="[AREA[/YEAR]]...", help="Default: all.")]
Notebooks = Annotated[
    list[str] | None, typer.Option("--notebook", metavar="N", help="Number or name; may be repeated.")
]
Languages = Annotated[Language, typer.Option("--language", help="Languages of the pages.")]


@app.command("run")
def run_command(
    targets: Targets = None,
    notebook: Notebooks = None,
    jobs: Annotated[int, typer.Option(min=0, help="Jobs at a time; 0: as cores and memory allow.")] = 0,
    language: Languages = Language.both,
    force: Annotated[bool, typer.Option("--force", help="Run what is up to date as well.")] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Publish what passed of a year in which a report failed.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would run, and why.")] = False,
    timeout: Annotated[float, typer.Option(min=1, metavar="SECONDS", help="Time limit a notebook.")] = 600,
    memory: Annotated[int, typer.Option(min=0, metavar="MB", help="Memory limit a kernel; 0: none.")] = 0,
    dask: Annotated[str, typer.Option(metavar="ADDRESS", help="Dask scheduler whose workers do it.")] = "",
    quiet: Annotated[bool, typer.Option("--quiet", help="Say failures only.")] = False,
    log_json: Annotated[bool, typer.Option("--log-json", help="Say each event as a line of JSON.")] = False,
) -> None:
    """Execute the notebooks that are stale and publish their pages."""
    from equity_lib.batch.options import Options
    from equity_lib.batch.progress import progress
    from equity_lib.batch.run import run, status
    from equity_lib.programme.root import find_root

    options = Options(
        notebooks=tuple(notebook or ()),
        jobs=jobs,
        languages=_languages(language),
        force=force,
        keep_going=keep_going,
        timeout=timeout,
        memory=memory,
        dask=dask,
    )
    if dry_run:
        lines = status(find_root(), targets or (), options).lines()
        typer.echo("\n".join(f"would run: {line}" for line in lines) or "Nothing to do.")
        return
    raise typer.Exit(run(find_root(), targets or (), options, progress(quiet, log_json)))


@app.command("status")
def status_command(targets: Targets = None, language: Languages = Language.both) -> None:
    """Say what is stale, and why."""
    from equity_lib.batch.options import Options
    from equity_lib.batch.parents import why_not
    from equity_lib.batch.run import status
    from equity_lib.programme.root import find_root

    survey = status(find_root(), targets or (), Options(languages=_languages(language)))
    typer.echo("\n".join(survey.lines()) or f"Up to date: {survey.count}.")
    if stock := why_not():
        typer.echo(f"Kernels are started one by one, not forked from a warm one: {stock}.")


@app.command("new-year")
def new_year_command(
    area: Annotated[str, typer.Argument(metavar="AREA", help="Folder under params/.")],
    year: Annotated[int, typer.Argument(metavar="YEAR", help="Programme year, Buddhist Era.")],
) -> None:
    """Scaffold the parameters of a programme year from the year before."""
    from equity_lib.programme.root import find_root
    from equity_lib.programme.scaffold import new_year

    typer.echo(f"Written: {new_year(find_root(), area, year)}")


@app.command("explain")
def explain_command(
    target: Annotated[str, typer.Argument(metavar="AREA/YEAR", help="Such as khon-kaen/2562.")],
    result_id: Annotated[str, typer.Argument(metavar="ID", help="Such as money.residual.")] = "",
    list_all: Annotated[bool, typer.Option("--list", help="List every number with its id.")] = False,
) -> None:
    """Say where a number comes from, and compute it again."""
    from equity_lib.batch.again import executed_again
    from equity_lib.programme.root import find_root
    from equity_lib.report.explanation import explain, last_run, listed, written

    root = find_root()
    data = last_run(root, *_area_year(target))
    if list_all or not result_id:
        typer.echo("\n".join(listed(data)))
        return
    found = explain(data, root, result_id, partial(executed_again, root))
    typer.echo(written(found))
    if not found.agrees:
        raise NotReproducible(f"{result_id} doesn't follow from what it lists.")


@app.command("verify")
def verify_command(
    target: Annotated[str, typer.Argument(metavar="AREA/YEAR", help="Such as khon-kaen/2562.")],
) -> None:
    """Make a year's pages again, aside, and compare every byte."""
    from equity_lib.batch.progress import progress
    from equity_lib.batch.verify import verify
    from equity_lib.programme.root import find_root

    same = verify(find_root(), *_area_year(target), progress())
    typer.echo(f"{target}: {same} files made again, every byte the same.")


@app.command("validation", hidden=True)
def validation_command(language: Languages = Language.both) -> None:
    """Make published studies again with this library and say which figures agree (`make validation`)."""
    from equity_lib.batch.validation import validate
    from equity_lib.programme.root import find_root

    typer.echo(validate(find_root(), _languages(language)))


@app.command("lab", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab_command(context: typer.Context) -> None:
    """Open JupyterLab on the notebooks; options such as --no-browser are handed on to it."""
    from equity_lib.programme.root import find_root
    from equity_lib.report.lab.server import start

    start(find_root(), context.args)


register.add_to(app)


def main() -> None:
    """Run the command; end with its exit code and never with a traceback."""
    for stream in (sys.stdout, sys.stderr):  # a terminal without Thai is no reason to stop
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        with interruptible(to_the_end=True):
            code = app(standalone_mode=False)
    except EquityError as error:
        _complain(str(error))
        code = error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except typer.TyperException as error:
        _show_usage(error)
        code = error.exit_code
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 0
    except Exception as error:  # noqa: BLE001 - the last line of defence: no traceback, it quotes values
        code = _unexpected(error)
    if code == INTERRUPTED:
        exec("")  # CPython forgets an interruption that passed through an import's exec(), and heeds our code
        _complain("Interrupted. What was published stays; run again to go on.")
    sys.exit(code if isinstance(code, int) else 0)


def _area_year(target: str) -> tuple[str, int]:
    area, _, year = target.partition("/")
    if not area or not year.isdigit():
        fault = Fault(
            "", 0, "AREA/YEAR", repr(target), "an area and a programme year, such as khon-kaen/2562"
        )
        raise WrongParameters("Which area-year is meant?", [fault])
    return area, int(year)


def _languages(language: Language) -> tuple[str, ...]:
    return ("th", "en") if language is Language.both else (language.value,)


def _show_usage(error: typer.TyperException) -> None:
    """What the parser says about wrong usage, with the usage line if it has one."""
    show = getattr(error, "show", None)
    if show is None:
        _complain(error.format_message())
    else:
        show()


def _complain(text: str) -> None:
    typer.echo(text, err=True)


def _unexpected(error: Exception) -> int:
    from equity_lib.batch.failures import frames_of
    from equity_lib.batch.log import log
    from equity_lib.batch.outputs import machine_problem
    from equity_lib.programme.root import find_root

    problem = machine_problem(error) if isinstance(error, OSError) else None
    if problem is not None:
        _complain(str(problem))
        return problem.exit_code
    try:
        folder = find_root() / "outputs" / ".runs"
    except EquityError:
        folder = Path("/nonexistent")  # no project: the log is a temporary file
    where = log(folder, bug=type(error).__name__, frames=frames_of(error))
    _complain(f"This is a bug of ours ({type(error).__name__}). Please report it with the end of {where}")
    return BUG
