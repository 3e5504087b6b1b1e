"""Faulty YAML: exit code 2, the file, the line, what was found, what is allowed; no kernel starts."""

import pytest

from tests.failures.scene import PERSON, YEAR_FILE

BOMB = "a: &a [1,1]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)},*{chr(97 + i)}]\n" for i in range(24)
)


def run_refused(scene, *said, target="khon-kaen/2562"):
    done = scene.equity("run", target)
    scene.survived(done, 2, *said)
    assert ": done" not in done.stdout


def test_missing_yaml_names_the_years_there_are_and_the_next_step(scene):
    run_refused(
        scene,
        "year of khon-kaen: found '2564'; allowed: 2562. `equity new-year khon-kaen 2564` scaffolds it.",
        target="khon-kaen/2564",
    )


def test_missing_yaml_of_the_only_year_says_that_params_is_empty(scene):
    (scene.root / YEAR_FILE).unlink()
    run_refused(scene, "area: found 'khon-kaen'; allowed: none: params/ is empty")


def test_missing_yaml_behind_a_link_is_missing(scene):
    (scene.root / YEAR_FILE).unlink()
    (scene.root / YEAR_FILE).symlink_to("nowhere.yaml")
    run_refused(
        scene, f"{YEAR_FILE}: found no such file; allowed: one file a programme year. Run `equity new-year`"
    )


def test_folder_in_place_of_yaml_is_said(scene):
    (scene.root / YEAR_FILE).unlink()
    (scene.root / YEAR_FILE).mkdir()
    run_refused(scene, f"{YEAR_FILE}: found a folder; allowed: a YAML file")


def test_tabs_are_refused_at_their_line(scene):
    scene.replace("grant:\n  amount", "grant:\n\tamount")
    line = scene.line("\tamount")
    run_refused(scene, f"{YEAR_FILE}:{line}: found ", "allowed: plain YAML. Indent with spaces, not tabs.")


def test_alias_bomb_is_refused_at_its_first_alias(scene):
    scene.write(BOMB)
    run_refused(scene, f"{YEAR_FILE}:2: found an alias (*); allowed: plain values. Write the value out.")


def test_yaml_of_50_megabytes_is_refused_by_its_size(scene):
    with (scene.root / YEAR_FILE).open("r+b") as file:
        file.truncate(50_000_000)
    run_refused(
        scene, f"{YEAR_FILE}: found 50,000,000 bytes; allowed: at most 1,000,000. Is this the right file?"
    )


def test_duplicate_keys_are_refused_at_the_second(scene):
    scene.replace("ordinal: 1\n", "ordinal: 1\nordinal: 2\n")
    line = scene.line("ordinal: 2")
    run_refused(
        scene, f"{YEAR_FILE}:{line}: ordinal: found the key a second time; allowed: once (line {line - 1})"
    )


def test_year_2019_as_a_target_says_which_year_is_meant(scene):
    run_refused(
        scene,
        "year of khon-kaen: found '2019'; allowed: 2562. It looks like C.E.; in B.E. it is 2562.",
        target="khon-kaen/2019",
    )


def test_year_2019_as_a_file_says_how_to_call_it(scene):
    (scene.root / YEAR_FILE).rename(scene.root / "params/khon-kaen/2019.yaml")
    run_refused(
        scene,
        "params/khon-kaen/2019.yaml: found 2019; allowed: a year of the Buddhist Era",
        "Did you mean 2562.yaml?",
    )


def test_year_2019_in_a_file_is_refused_at_its_line(scene):
    scene.replace("program_year: 2562", "program_year: 2019")
    line = scene.line("program_year: 2019")
    run_refused(scene, f"{YEAR_FILE}:{line}: program_year: found 2019; allowed: ", "in B.E. it is 2562")


@pytest.mark.parametrize("written", ["5.5m", '"5.5m"', "5.5", "5,500,000", "5500000 baht"])
def test_grant_that_is_no_whole_number_is_refused_at_its_line(scene, written):
    scene.replace("grant:\n  amount: 5500000", f"grant:\n  amount: {written}")
    run_refused(
        scene,
        f"{YEAR_FILE}:{scene.line(f'amount: {written}')}: grant.amount: found ",
        "; allowed: a whole number",
    )


def test_yaml_that_is_not_utf8_quotes_nothing_of_it(scene):
    scene.write(f"name: {PERSON} ".encode() + "ขอนแก่น".encode("cp874"))
    run_refused(scene, f"{YEAR_FILE}: found a byte at 39 that isn't UTF-8; allowed: UTF-8. Save it as UTF-8.")


def test_faults_are_said_together_and_nothing_else_of_the_file(scene):
    scene.replace("ordinal: 1\n", f"ordinal: one\nremark: {PERSON}\n")
    scene.replace("grant:\n  amount: 5500000", "grant:\n  amount: 5.5m")
    run_refused(scene, "3 to mend:", "ordinal: found 'one'", "remark: found an unknown key", "found '5.5m'")
