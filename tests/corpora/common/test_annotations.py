"""Files of annotations: encodings, tables, JSON."""

import pytest

from c2ser.corpora.common.annotations import decode_text, read_csv, read_json, read_text
from c2ser.errors import InputError

SITE = "https://somewhere"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_texts_in_encodings_that_are_not_stated(encoding):
    text = "0001_000001\t打远一看，它们的确很是美丽，\t中立\n"
    assert decode_text(text.encode(encoding), "gb18030") == text


def test_fallbacks_are_tried_in_order():
    assert decode_text("It’s".encode("gb2312"), "gb2312", "cp1252") == "It’s"
    assert decode_text("It’s".encode("cp1252"), "gb2312", "cp1252") == "It’s"
    assert decode_text(b"\xfe\xff\x4f\x60") == "你"


def test_faults_are_one_line_with_the_file(tmp_path):
    path = tmp_path / "labels"
    for read, message in (
        (lambda: read_text(path, site=SITE), "labels: no such file; get it from https://somewhere"),
        (lambda: list(read_csv(path, columns=(), site=SITE)), "labels: no such file"),
    ):
        with pytest.raises(InputError, match=message):
            read()
    path.write_bytes(b"\xff\xfa\xfb")
    with pytest.raises(InputError, match=r"labels: not UTF-8, ascii \(.*\); get it again from https://somewhere"):
        read_text(path, "ascii", site=SITE)
    with pytest.raises(InputError, match=r"labels: not UTF-8 \("):
        list(read_csv(path, columns=("a",), site=SITE))


def test_tables_have_the_columns_that_are_needed(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_bytes("\ufeffa , b\r\n1,2\r\n3\r\n".encode())
    rows = read_csv(path, columns=("a", "b"), site=SITE)
    assert next(rows) == (f"{path}:2", {"a": "1", "b": "2"})
    with pytest.raises(InputError, match=r"labels\.csv:3: no value of b; get the table again"):
        next(rows)


@pytest.mark.parametrize("content, message", [("{", "not JSON"), ("[]", "not a JSON object")])
def test_json_is_an_object(tmp_path, content, message):
    (tmp_path / "labels.json").write_text(content)
    with pytest.raises(InputError, match=rf"labels\.json: {message}.*; get it again from https://somewhere"):
        read_json(tmp_path / "labels.json", site=SITE)
