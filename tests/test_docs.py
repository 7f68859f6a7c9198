"""Docs that cannot grow stale: every command, entry, setting and error is named, and the code in them runs."""

import re
import shlex
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
import torch
from PIL import Image

import matrices
from linnet import catalog, cli, errors, workbench
from linnet.classifiers.network import NetworkClassifier
from linnet.evaluation.calibration import N_BINS
from linnet.evaluation.evaluating import N_CURVES, evaluate
from linnet.evaluation.explaining import SECONDS
from linnet.evaluation.intervals import N_DRAWS
from linnet.records.comparisons import Comparison, Comparisons
from linnet.records.evaluation import Calibration, ClassMeasures, Evaluation
from linnet.records.experiment import DataSpec, Protocol
from linnet.records.health import LayerHealth
from linnet.records.leaderboard import LeaderboardRow
from linnet.records.learning_curve import LearningPoint
from linnet.records.manifest import STATUSES, Manifest
from linnet.records.matching import Matching
from linnet.reports.choices import N_MISTAKES, N_UNSURE
from linnet.reports.dealing import MAX_MATRIX
from linnet.training.engine import CHECKPOINT_SECONDS
from linnet.training.optimizers import NAMES as OPTIMIZERS
from linnet.training.recipe import Recipe
from linnet.training.schedules import SCHEDULES

NETWORKS = [
    name for name in catalog.names("classifiers") if issubclass(catalog.find("classifiers", name), NetworkClassifier)
]
ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
EVERYTHING = "\n".join(path.read_text(encoding="utf-8") for path in sorted(DOCS.rglob("*.md")))
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(path, language):
    return re.findall(rf"```{language}\n(.*?)```", path.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("command", sorted(cli.COMMANDS))
def test_every_command_is_documented(command):
    assert f"## linnet {command}\n" in (DOCS / "reference" / "commands.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", catalog.names("classifiers"))
def test_every_rung_has_its_page(name):
    page = (DOCS / "rungs" / f"{name}.md").read_text(encoding="utf-8")
    for heading in ("## The idea", "## The equation", "## When it fails", "## Measured"):
        assert heading in page
    for setting in workbench.describe(name).settings:
        assert f"`{name}.{setting}`" in EVERYTHING


@pytest.mark.parametrize("name", catalog.names("datasets"))
def test_every_named_set_is_documented(name):
    assert f"`{name}`" in EVERYTHING


@pytest.mark.parametrize(
    ("family", "page"),
    [("augmentations", "augmentation.md"), ("losses", "training.md"), ("visualizations", "visualizations.md")],
)
def test_every_augmentation_loss_and_visualization_has_a_row_on_its_page(family, page):
    text = (DOCS / page).read_text(encoding="utf-8")
    assert [name for name in catalog.names(family) if f"\n| `{name}` |" not in text] == []


@pytest.mark.parametrize("name", catalog.names("explainers"))
def test_every_explainer_has_a_row_and_its_settings_are_named(name):
    text = (DOCS / "explaining.md").read_text(encoding="utf-8")
    assert f"\n| `{name}` |" in text
    for setting in catalog.find("explainers", name).setting_names():
        assert f"`{name}.{setting}`" in text


def test_the_code_of_explaining_runs():
    explaining, own = blocks(DOCS / "explaining.md", "python")
    exec(compile(explaining, "explaining.md", "exec"), {})
    made = {"__name__": "linnet.explainers.brightness"}
    exec(compile(own, "explaining.md", "exec"), made)
    assert made["Brightness"].name() == "brightness"
    assert made["Brightness"]().explain(made["rung"], made["images"]).shape == (4, 8, 8)


@pytest.mark.parametrize("name", catalog.names("visualizations"))
def test_every_setting_of_a_visualization_stands_in_its_row(name):
    text = (DOCS / "visualizations.md").read_text(encoding="utf-8")
    (row,) = re.findall(rf"^\| `{name}` \|.*$", text, flags=re.MULTILINE)
    settings = catalog.find("visualizations", name).setting_names()
    assert [setting for setting in settings if f"`{setting}`" not in row] == []


def test_the_code_of_visualizations_runs():
    (drawing,) = blocks(DOCS / "visualizations.md", "python")
    made = {}
    exec(compile(drawing, "visualizations.md", "exec"), made)
    assert made["panels"][0].image.ndim == 3
    assert "conv1" in made["maps"]


@pytest.mark.parametrize("name", [*OPTIMIZERS, *SCHEDULES, *(part.name for part in fields(Recipe))])
def test_everything_that_a_recipe_can_say_is_explained(name):
    assert f"`{name}`" in (DOCS / "training.md").read_text(encoding="utf-8")


def test_the_code_of_training_runs():
    fitting, own_loss = blocks(DOCS / "training.md", "python")
    exec(compile(fitting, "training.md", "exec"), {})
    made = {"__name__": "linnet.training.losses.brier"}
    exec(compile(own_loss, "training.md", "exec"), made)
    loss = made["Brier"]()
    assert loss.name() == "brier"
    # Even odds are (1/2)^2 away from the truth in both classes.
    assert float(loss(torch.zeros(3, 2), torch.eye(2)[[0, 1, 1]])) == pytest.approx(0.5)


def test_every_setting_of_the_experiment_is_documented():
    for prefix, record in (("data", DataSpec), ("protocol", Protocol)):
        for field in record.__dataclass_fields__:
            assert f"`{prefix}.{field}`" in EVERYTHING or field == "source"


def test_every_column_and_status_is_documented():
    page = (DOCS / "run-folder.md").read_text(encoding="utf-8")
    for name in (
        *Manifest.__dataclass_fields__,
        *LeaderboardRow.__dataclass_fields__,
        *LayerHealth.__dataclass_fields__,
        *LearningPoint.__dataclass_fields__,
    ):
        assert re.search(rf"\b{name}\b", page), name
    for status in STATUSES:
        assert status in EVERYTHING


def test_every_number_of_an_evaluation_and_a_comparison_is_explained():
    page = (DOCS / "evaluation.md").read_text(encoding="utf-8")
    rows = "\n".join(line.partition(" | ")[0] for line in page.splitlines() if line.startswith("| `"))
    measures = set(evaluate(matrices.made(30, 6), rung="knn", split="test").measures)
    of_calibration = {part.name for part in fields(Calibration)} - {"bins"}
    of_pairs = {part.name for part in fields(Comparison)}
    of_classes = {part.name for part in fields(ClassMeasures)}
    assert [name for name in measures | of_calibration | of_pairs | of_classes if f"`{name}`" not in rows] == []
    assert f"{N_BINS} bins of equal width on (0, 1]; a value on an edge belongs to the lower bin" in page
    assert f"`n_draws` = {N_DRAWS:,}" in page
    assert f"for the first {N_CURVES} classes" in page


def test_every_key_of_the_files_of_numbers_is_documented():
    page = (DOCS / "run-folder.md").read_text(encoding="utf-8")
    for part in (*fields(Evaluation), *fields(Comparisons)):
        assert re.search(rf"\b{part.name}\b", page), part.name


def test_the_code_of_evaluation_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (code,) = blocks(DOCS / "evaluation.md", "python")
    exec(compile(code, "evaluation.md", "exec"), {})
    assert Evaluation.read(tmp_path / "evaluation.json").measures["accuracy"].value == pytest.approx(2 / 3)
    assert "value=0.4" in capsys.readouterr().out


def test_what_is_said_of_other_pictures_is_documented():
    page = (DOCS / "protocol.md").read_text(encoding="utf-8")
    for name in Matching.__dataclass_fields__:
        assert name == "source" or f"| {name} |" in page


def test_the_tree_of_errors_is_complete():
    for name, thing in vars(errors).items():
        if isinstance(thing, type) and issubclass(thing, errors.LinnetError):
            assert name in str(errors.__doc__)


def test_links_between_pages_lead_somewhere():
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
            assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"


def test_a_source_archive_holds_what_make_and_the_pages_lead_to():
    plain = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    held = set(plain["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]) | {"pyproject.toml"}
    wanted = set(re.findall(r"[\w./-]+", (ROOT / "Makefile").read_text(encoding="utf-8")))
    for page in ("README.md", "CONTRIBUTING.md"):
        wanted |= set(re.findall(r"\]\(([^)#]+)", (ROOT / page).read_text(encoding="utf-8")))
    named = {Path(name).parts[0] for name in wanted if Path(name).parts and (ROOT / name).is_file()} - {".venv"}
    assert named - held == set()
    assert {"constraints.txt", "scripts"} <= named


def test_every_extra_that_is_named_can_be_installed():
    plain = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    named = re.findall(r'MissingExtraError\("[^"]+", "([^"]+)"\)', sources)
    named += re.findall(r"linnet\[([\w-]+)\]", EVERYTHING + README)
    assert set(named) <= set(plain["project"]["optional-dependencies"])
    assert "tensorboard" in named


def test_the_limits_that_the_readme_and_the_pages_name_are_those_of_the_code():
    text = " ".join(README.split())
    assert f"(up to {MAX_MATRIX} classes)" in text
    assert f"each rung's {N_MISTAKES} worst mistakes and {N_UNSURE} least sure answers" in text
    assert f"as far as {SECONDS:g} seconds for each rung suffice" in text
    assert f"about {CHECKPOINT_SECONDS:g} seconds old at most" in text
    training = " ".join((DOCS / "training.md").read_text(encoding="utf-8").split())
    usual = {name: catalog.find("classifiers", name).usual_batch for name in NETWORKS}
    assert usual.pop("fast-cnn") == 500
    assert set(usual.values()) == {128}
    assert "the network's usual number (128; 500 for `fast-cnn`)" in training


@pytest.mark.parametrize("page", ["rungs/README.md", "visualizations.md"])
def test_every_network_is_counted_among_the_networks(page):
    text = (DOCS / page).read_text(encoding="utf-8").replace("`", "")
    (said,) = re.findall(r"(?:The networks \(|Networks are )([^).]+)", text)
    assert sorted(re.split(r", | and ", said)) == sorted(NETWORKS)


def test_the_readme_names_the_two_commands_on_its_first_screen():
    first_screen = "\n".join(README.splitlines()[:45])
    assert "make demo" in first_screen
    assert "make test" in first_screen


def test_version_and_changelog_agree():
    import linnet

    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert newest is not None
    assert newest[1] == linnet.__version__


@pytest.mark.usefixtures("short_descent", "one_round")
def test_the_code_of_start_here_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("linnet.training.textbook.sgd.LEAST_STEPS", 20)  # it should run, not learn
    monkeypatch.setattr("linnet.evaluation.explaining.SECONDS", 0.1)
    page = DOCS / "start-here.md"
    pictures, *others = blocks(page, "python")
    exec(compile(pictures, "start-here.md", "exec"), {})
    commands = [line.partition("#")[0].strip() for block in blocks(page, "bash") for line in block.splitlines()]
    for path in (tmp_path / "my-pictures").rglob("*.png"):
        other = tmp_path / "other-pictures" / path.relative_to(tmp_path / "my-pictures")
        other.parent.mkdir(parents=True, exist_ok=True)
        Image.open(path).rotate(180).save(other)
    for command in commands:
        if command.startswith("linnet "):
            assert cli.run(shlex.split(command)[1:]) == 0, command
    for block in others:
        exec(compile(block, "start-here.md", "exec"), {})
    assert (tmp_path / "runs" / "my-pictures-1" / "report.html").exists()
    assert "majority" in capsys.readouterr().out
