import os

import pytest

from linnet.datasets.sources.table import TableSource
from linnet.errors import DataError
from pictures import picture, write_tree

FILES = {f"pictures/{name}.png": picture(i) for i, name in enumerate(["a", "b", "c d", "e"])}


def table(folder, text, encoding="utf-8"):
    write_tree(folder, FILES)
    (folder / "labels.csv").write_bytes(text.encode(encoding))
    return TableSource(folder / "labels.csv")


def used(source):
    return {item.id: item.label for item in source.items() if not item.reason}


def reasons(source):
    return {item.id: item.reason for item in source.items() if item.reason}


PLAIN = "path,label\npictures/a.png,cat\npictures/b.png,dog\n"


def test_a_plain_table_is_read(tmp_path):
    source = table(tmp_path, PLAIN)
    assert used(source) == {"pictures/a.png": "cat", "pictures/b.png": "dog"}
    assert source.class_names == ("cat", "dog")
    assert source.messages() == ()
    assert source.read(source.items()[1], limit=10**6) == FILES["pictures/b.png"]


@pytest.mark.parametrize(
    "text",
    [
        "label,path\ncat,pictures/a.png\ndog,pictures/b.png\n",
        " Path , LABEL \npictures/a.png,cat\npictures/b.png,dog\n",
        "path;label\npictures/a.png;cat\npictures/b.png;dog\n",
        "path\tlabel\npictures/a.png\tcat\npictures/b.png\tdog\n",
        '"path","label"\n"pictures/a.png", "cat"\n "pictures/b.png" ,dog\n',
        "path,label\r\n\r\npictures/a.png,  cat  \r\n,,\r\npictures/b.png,dog",
        "id,label,path,note\n1,cat,pictures/a.png,x\n2,dog,./pictures/b.png,\n",
        "\npath,label\npictures\\a.png,cat\npictures\\b.png,dog\n",
    ],
    ids=["order", "case and space", "semicolons", "tabs", "quotes", "blank lines", "other columns", "backslashes"],
)
def test_tables_are_read_as_people_write_them(tmp_path, text):
    assert used(table(tmp_path, text)) == {"pictures/a.png": "cat", "pictures/b.png": "dog"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings_of_spreadsheets_are_understood(tmp_path, encoding):
    source = table(tmp_path, PLAIN.replace("cat", "Kätzchen"), encoding)
    assert source.class_names == ("dog", "Kätzchen")


def test_quoted_paths_may_hold_separators_and_spaces(tmp_path):
    write_tree(tmp_path, {"pictures/x, y.png": picture(9)})
    source = table(tmp_path, 'path,label\n"pictures/x, y.png",cat\npictures/c d.png,dog\n')
    assert used(source) == {"pictures/x, y.png": "cat", "pictures/c d.png": "dog"}


def test_splits_and_groups_are_read(tmp_path):
    text = "path,label,split,group\npictures/a.png,cat,Training,g1\npictures/b.png,dog,val,g2\npictures/e.png,dog,,\n"
    assert [(item.split, item.group) for item in table(tmp_path, text).items()] == [
        ("train", "g1"),
        ("valid", "g2"),
        ("", ""),
    ]


def test_absolute_paths_are_taken(tmp_path):
    path = tmp_path / "pictures" / "a.png"
    source = table(tmp_path, f"path,label\n{path},cat\n")
    assert source.read(source.items()[0], limit=10**6) == FILES["pictures/a.png"]


def test_skipped_rows_are_listed_with_their_line(tmp_path):
    text = PLAIN + "pictures/e.png,\n,cat\npictures/c d.png,nan\npictures/a.png,cat\npictures/b.png,dog,x,y\n"
    source = table(tmp_path, text)
    assert used(source) == {"pictures/a.png": "cat", "pictures/b.png": "dog"}
    assert reasons(source) == {
        "pictures/e.png": "no label in line 4",
        "line 5": "no path in line 5",
        "pictures/c d.png": "no label in line 6",
        "pictures/a.png#line 7": "line 7 repeats line 2",
        "pictures/b.png#line 8": "line 8 has 4 fields where the header has 2",
    }
    assert source.messages() == (f"5 of 7 rows of {source.name} were skipped; each is listed.",)


def test_a_path_with_two_labels_stays_twice(tmp_path):
    source = table(tmp_path, PLAIN + "pictures/a.png,dog\n")
    assert used(source) == {"pictures/a.png": "cat", "pictures/b.png": "dog", "pictures/a.png#line 4": "dog"}
    assert source.read(source.items()[2], limit=10**6) == FILES["pictures/a.png"]


def test_ids_are_unique(tmp_path):
    source = table(tmp_path, PLAIN + "pictures/a.png,dog\npictures/a.png,cat\npictures/a.png,\n,\n,x\n")
    assert len({item.id for item in source.items()}) == len(source.items())


def test_classes_of_skipped_rows_are_no_classes(tmp_path):
    assert table(tmp_path, PLAIN + ",bird\n").class_names == ("cat", "dog")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("path,class\na,b\n", "should have the columns path and label.*path, class"),
        ("a.png,cat\nb.png,dog\n", "should have the columns path and label"),
        ("path,label,path\na,b,c\n", "has the column path more than once"),
        ("path,label\npictures/a.png,\n", "has no row with a path and a label"),
        ("path,label,split\npictures/a.png,cat,holdout\n", "has the split 'holdout' in line 2"),
        (
            "path,label\nx.png,cat\ny.png,dog\nz.png,a\nw.png,b\n",
            r"names 4 files that do not exist \(x.png, y.png, z.png and 1 more\)",
        ),
        ('path,label\n"pictures/a.png,cat\n', "is no CSV table|has no row|do not exist"),
    ],
    ids=["empty", "missing column", "no header", "column twice", "no rows", "split", "missing files", "open quote"],
)
def test_tables_that_cannot_be_meant_are_refused(tmp_path, text, said):
    with pytest.raises(DataError, match=said):
        table(tmp_path, text).items()


def test_a_missing_table_is_refused(tmp_path):
    with pytest.raises(DataError, match="There is no table"):
        TableSource(tmp_path / "labels.csv")


def test_impossible_paths_count_as_missing(tmp_path):
    with pytest.raises(DataError, match="names 1 file that does not exist"):
        table(tmp_path, PLAIN + "x" * 5000 + ",cat\n").items()


def test_the_fingerprint_follows_table_and_files(tmp_path, monkeypatch):
    monkeypatch.setattr("linnet.datasets.sources.files._FRESH_NANOSECONDS", 0)
    source = table(tmp_path, PLAIN)
    seal = source.fingerprint()
    assert TableSource(source.path).fingerprint() == seal
    os.utime(tmp_path / "pictures" / "a.png", (1, 1))
    changed = TableSource(source.path).fingerprint()
    assert changed != seal
    os.utime(tmp_path / "pictures" / "e.png", (1, 1))  # not in the table
    assert TableSource(source.path).fingerprint() == changed
