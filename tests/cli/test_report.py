import json


def test_the_report_is_made_again_where_told(command, run_folder, tmp_path):
    code, out, _ = command("report", run_folder, "--out", tmp_path / "page.html", "--json")
    assert code == 0
    assert json.loads(out) == {"path": str(tmp_path / "page.html")}
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_folder_that_is_no_run_is_said(command, tmp_path):
    code, _, err = command("report", tmp_path)
    assert code == 1
    assert "run folder" in err
