import json
import shutil


def test_the_report_is_made_again_where_told(command, run_folder, tmp_path):
    code, out, _ = command("report", run_folder, "--out", tmp_path / "page.html", "--json")
    assert code == 0
    assert json.loads(out) == {"path": str(tmp_path / "page.html")}
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_folder_that_is_no_run_is_said(command, tmp_path):
    code, _, err = command("report", tmp_path)
    assert code == 1
    assert "run folder" in err


def test_several_runs_are_compared_on_one_page(command, run_folder, tmp_path, monkeypatch):
    copy = tmp_path / "copy"
    shutil.copytree(run_folder, copy)
    monkeypatch.chdir(tmp_path)
    for number in (1, 2):
        code, out, _ = command("report", run_folder, copy, "--json")
        assert (code, json.loads(out)) == (0, {"path": f"comparison-{number}.html"})
    plain = json.loads((tmp_path / "comparison-1.json").read_text(encoding="utf-8"))
    assert [part["name"] for part in plain["runs"]] == [run_folder.name, "copy"]
    assert plain["pairs"][0]["p_value"] == 1.0


def test_a_page_that_would_lie_where_its_json_does_is_refused(command, run_folder, tmp_path):
    code, _, err = command("report", run_folder, run_folder, "--out", tmp_path / "page.json")
    assert code == 1
    assert "names the page" in err
    assert not list(tmp_path.iterdir())
