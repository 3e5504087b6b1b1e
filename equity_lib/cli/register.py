"""Commands about an area's register: fill it, keep its key, erase, hand over. All of them are local."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from equity_lib.errors import Fault, WrongParameters

Area = Annotated[str, typer.Argument(metavar="AREA", help="Folder under params/.")]
PassphraseFile = Annotated[
    Path | None, typer.Option("--passphrase-file", help="Read it from a file instead of a prompt.")
]


def add_to(app: typer.Typer) -> None:
    """Give the commands of this module to the command line."""
    app.command("template")(template)
    app.command("import")(import_)
    app.command("init-key")(init_key)
    app.command("demo")(demo)
    app.command("erase")(erase)
    app.command("followup")(followup)
    app.command("handover")(handover)
    app.command("takeover")(takeover)


def template(
    file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", help="Where to write it.")],
    target: Annotated[
        str,
        typer.Option(
            "--for", metavar="AREA/YEAR", help="Fill the drop-downs with its streams and districts."
        ),
    ] = "",
) -> None:
    """Write the workbook that an office fills in, with drop-downs and a data dictionary."""
    from equity_lib.programme.root import find_root
    from equity_lib.registry.setting import load_setting
    from equity_lib.registry.template import write_template

    if file.exists():
        raise WrongParameters("Nothing is overwritten.", [Fault(str(file), 0, "", "a file", "a new name")])
    area, _, year = target.partition("/")
    setting = load_setting(find_root(), area, int(year)) if year.isdigit() else None
    write_template(file, setting)
    typer.echo(f"Written: {file}")


def import_(
    area: Annotated[str, typer.Argument(metavar="AREA", help="Folder under params/.")] = "",
    year: Annotated[int, typer.Argument(metavar="YEAR", help="Programme year, Buddhist Era.")] = 0,
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE...", help="Files or folders.")] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Let a revised file take the place of the earlier one.")
    ] = False,
    suggest: Annotated[
        Path | None, typer.Option("--suggest", metavar="FILE", help="Print a first mapping for a file.")
    ] = None,
) -> None:
    """Read, clean, check, pseudonymise and store an office's files: all of them or none."""
    if suggest is not None:
        from equity_lib.registry.mapping import suggest as first_mapping

        typer.echo(first_mapping(suggest))
        return
    if not files or not year:
        raise WrongParameters("What is to be imported? equity import AREA YEAR FILE…")
    from equity_lib.programme.root import find_root
    from equity_lib.registry.importing import import_files

    typer.echo(str(import_files(find_root(), area, year, files, replace=replace)))


def init_key(
    area: Area,
    backup: Annotated[Path | None, typer.Option("--backup", help="Write the key, sealed, to a file.")] = None,
    restore: Annotated[Path | None, typer.Option("--restore", help="Put a sealed key back.")] = None,
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Change the key; links between years stay.")
    ] = False,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Make the key of an area's pseudonyms, outside project and data; or back it up, restore, rotate."""
    from equity_lib.programme.root import find_root
    from equity_lib.registry import keys
    from equity_lib.registry.handover import backup_key, restore_key
    from equity_lib.registry.rotation import rotate_key
    from equity_lib.registry.store import data_dir

    root = find_root()
    data = data_dir(root)
    if backup is not None:
        backup_key(keys.load_key(area, root, data), backup, _passphrase(passphrase_file, new=True))
        typer.echo(f"Key backed up: {backup}. Keep it and its passphrase in different places.")
    elif restore is not None:
        path = restore_key(restore, _passphrase(passphrase_file), keys.key_path(area), root, data)
        typer.echo(f"Key restored: {path}")
    elif rotate:
        rotate_key(root, area)
        typer.echo("Key changed. Back it up again: earlier back-ups no longer open this register.")
    else:
        typer.echo(
            f"Key made: {keys.init_key(area, root=root, data_dir=data)}. Back it up with --backup FILE."
        )


def demo() -> None:
    """Make the synthetic area's files and import them like anyone's; everything about it says synthetic."""
    from equity_lib.demo.building import build
    from equity_lib.programme.root import find_root

    typer.echo(str(build(find_root())))


def erase(
    area: Area,
    who_file: Annotated[
        Path | None, typer.Option("--file", help="Read the ID or pseudonym from a file instead of a prompt.")
    ] = None,
) -> None:
    """Take a child out of register, raw files, quarantine, logs and identity map."""
    from equity_lib.programme.root import find_root
    from equity_lib.registry.erasure import erase as erase_child

    who = (
        who_file.read_text("utf-8").strip() if who_file else typer.prompt("ID or pseudonym", hide_input=True)
    )
    done = erase_child(find_root(), area, who, date.today())
    typer.echo(f"Erasure {done.erasure}: {done.rows:,} rows taken out, {done.dropped:,} files dropped whole.")
    if done.unsure:
        typer.echo(f"{done.unsure:,} rows hold the name beside another ID; they stay, for a person to check.")
    typer.echo(
        "Releases that used the child are not reproducible any more. Run `equity run` to renew the pages."
    )


def followup(
    area: Area,
    year: Annotated[int, typer.Argument(metavar="YEAR", help="Programme year, Buddhist Era.")],
    to: Annotated[
        str, typer.Option("--to", metavar="AGENCY", help="Agency that receives the children, as recorded.")
    ] = "",
    answers_file: Annotated[
        Path | None, typer.Option("--answers", metavar="FILE", help="Import a list that came back.")
    ] = None,
) -> None:
    """List children whose hand-off to an agency is not completed; or import what it answered."""
    import shutil

    from equity_lib.programme.root import find_root
    from equity_lib.registry import followups
    from equity_lib.registry.rewriting import register_folder
    from equity_lib.registry.store import data_dir

    root = find_root()
    if answers_file is not None:
        from equity_lib.registry.importing import import_files

        aside = register_folder(root, area) / ".answers"
        aside.mkdir(mode=0o700, exist_ok=True)
        try:
            typer.echo(str(import_files(root, area, year, [followups.answers(answers_file, aside)])))
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return
    if not to:
        raise WrongParameters("To which agency? equity followup AREA YEAR --to AGENCY")
    from equity_lib.indicators.pending import pending
    from equity_lib.registry.year import open_year

    done = followups.issue(root, area, year, to, pending(open_year(area, year), to), date.today())
    place = data_dir(root) / area / followups.FOLDER / done.file
    typer.echo(
        f"List {done.number}: {done.children:,} children, for the office and this agency only: {place}"
    )


def handover(
    area: Area,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Write register, identity map, key, mapping and parameters into one encrypted file, with a receipt."""
    from equity_lib.programme.root import find_root
    from equity_lib.registry.handover import handover as hand_over

    typer.echo(str(hand_over(find_root(), area, file, _passphrase(passphrase_file, new=True))))


def takeover(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file that was handed over.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Take a register over from another agency, whole or not at all, with the same receipt."""
    from equity_lib.programme.root import find_root
    from equity_lib.registry.takeover import takeover as take_over

    typer.echo(str(take_over(file, find_root(), _passphrase(passphrase_file))))


def _passphrase(file: Path | None, new: bool = False) -> str:
    """Never an argument: shells keep those."""
    if file is not None:
        return file.read_text("utf-8").rstrip("\n")
    return str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=new))
