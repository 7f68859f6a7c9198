import json

import pytest

from linnet import catalog


def test_everything_is_listed_with_a_line_about_it(command):
    code, out, _ = command("list")
    assert code == 0
    for family in catalog.FAMILIES:
        assert f"{family}\n" in out
    for name in ("majority", "knn", "two-layer", "digits", "cifar10", "pad-crop", "focal"):
        assert f"  {name} " in out


@pytest.mark.parametrize("family", sorted(catalog.FAMILIES))
def test_one_family_is_listed_alone(command, family):
    code, out, _ = command("list", family)
    head, *lines = out.rstrip().splitlines()
    assert (code, head) == (0, family)
    assert sorted(line.split()[0] for line in lines) == list(catalog.names(family))


def test_help_names_every_family(command):
    said = " ".join(command("list", "--help")[1].replace("│", " ").split())
    assert ", ".join(sorted(catalog.FAMILIES)[:-1]) + f" or {sorted(catalog.FAMILIES)[-1]}" in said


def test_one_family_can_be_written_to_a_file(command, tmp_path):
    assert command("list", "datasets", "--out", tmp_path / "list.json")[0] == 0
    assert "digits" in json.loads((tmp_path / "list.json").read_text(encoding="utf-8"))["datasets"]


def test_an_unknown_family_is_refused(command):
    assert command("list", "pets")[0] == 1


def test_losses_are_listed_with_their_settings(command):
    lines = {line.split()[0]: line for line in command("list", "losses")[1].splitlines()}
    assert lines["focal"].endswith(" (gamma=2.0)")
    assert "(" not in lines["cross-entropy"]
