"""The exchange of folders, with and without the system's help."""

import pytest

from equity_lib.batch import swap


@pytest.fixture
def folders(tmp_path):
    outputs = tmp_path / "outputs"
    staged, target = outputs / ".staging-1/a/2562", outputs / "a/2562"
    for folder, text in ((staged, "new"), (target, "old")):
        folder.mkdir(parents=True)
        (folder / "page.html").write_text(text)
    (target / "gone.html").write_text("old")
    return outputs, staged, target


@pytest.mark.parametrize("able", [True, False])
def test_publish_replaces_the_folder_as_a_whole(folders, able, monkeypatch):
    outputs, staged, target = folders
    if not able:
        monkeypatch.setattr(swap, "_exchange", lambda *_: False)
    swap.publish(staged, target, outputs)
    assert {path.name: path.read_text() for path in target.iterdir()} == {"page.html": "new"}
    assert not staged.exists()
    assert not (outputs / ".old").exists()


def test_publish_puts_a_first_folder_in_place(folders):
    outputs, staged, _ = folders
    swap.publish(staged, outputs / "b/2563", outputs)
    assert (outputs / "b/2563/page.html").read_text() == "new"


def test_exchange_is_the_systems_where_it_can(folders):
    _, staged, target = folders
    assert swap._exchange(staged, target)
    assert (target / "page.html").read_text() == "new"
    assert (staged / "page.html").read_text() == "old"


def test_exchange_tells_an_error_that_is_not_want_of_the_call(folders):
    _, staged, target = folders
    with pytest.raises(FileNotFoundError):
        swap._exchange(staged / "none", target)


def test_recover_puts_back_pages_whose_exchange_was_interrupted(folders):
    outputs, _, target = folders
    (outputs / ".old/a").mkdir(parents=True)
    target.rename(outputs / ".old/a/2562")
    swap.recover(outputs)
    assert (target / "page.html").read_text() == "old"
    assert not (outputs / ".old").exists()


def test_recover_drops_old_pages_that_were_replaced(folders):
    outputs, staged, target = folders
    (outputs / ".old/a").mkdir(parents=True)
    target.rename(outputs / ".old/a/2562")
    staged.rename(target)
    swap.recover(outputs)
    assert (target / "page.html").read_text() == "new"
    assert not (outputs / ".old").exists()
