"""Tables: reading, writing and joining line by line."""

import random

import pytest

from c2ser.data.tables import (
    is_sorted,
    lines_by_key,
    merge_tables,
    outer_join,
    parse_positive,
    parsed_lines,
    read_table,
    read_table_if_there,
    sorted_lines,
    table_lines,
    table_writer,
    values_of,
    write_rows,
    write_table,
)
from c2ser.errors import InputError


def random_table(seed: int) -> dict[str, str]:
    rng = random.Random(seed)
    keys = {"".join(rng.choices("aAé中𝄞-_.!", k=rng.randint(1, 4))) for _ in range(rng.randint(0, 30))}
    return {key: str(rng.randrange(100)) for key in keys}


@pytest.mark.parametrize(
    "text, lines",
    [
        ("", []),
        ("a 1", [(1, "a", "1")]),
        ("a  1 \nb\n", [(1, "a", "1"), (2, "b", "")]),
        ("\ufeffa 1\n", [(1, "a", "1")]),
        ("a\t1\nb\tx y\nc \tz\n", [(1, "a", "1"), (2, "b", "x y"), (3, "c", "z")]),
        ("a x\ty\r\nb\u00a0c 2\r\n", [(1, "a", "x\ty"), (2, "b\u00a0c", "2")]),
    ],
)
def test_lines(tmp_path, text, lines):
    (tmp_path / "table").write_bytes(text.encode())
    assert list(table_lines(tmp_path / "table")) == lines


@pytest.mark.parametrize(
    "content, message",
    [
        (b"a 1\n\nb 2\n", "table:2: empty line"),
        (b"a 1\n" * 1 + b"b \xff\n", "table:2: not UTF-8"),
        (b"b 1\na 2\n", "table:2: the table is not sorted, 'a' comes after 'b'; sort the file with LC_ALL=C sort"),
        (b"a 1\na 2\n", "table:2: duplicate key 'a'; keep one of the lines"),
        ("a 1\n\ufeffb 1\nc 1\n".encode(), "table: 'b' has a byte order mark before it"),
    ],
)
def test_faulty_tables(tmp_path, content, message):
    (tmp_path / "table").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_table(tmp_path / "table")


def test_missing_tables(tmp_path):
    with pytest.raises(InputError, match="none: no such file"):
        read_table(tmp_path / "none")
    assert read_table_if_there(tmp_path / "none") == {}


@pytest.mark.parametrize("seed", range(20))
def test_what_is_written_is_read(tmp_path, seed):
    table = random_table(seed)
    write_table(tmp_path / "table", table)
    assert read_table(tmp_path / "table") == table
    assert list(read_table(tmp_path / "table")) == sorted(table, key=str.encode)
    assert is_sorted(tmp_path / "table")


def test_keys_that_are_out_of_order_are_not_written(tmp_path):
    write_rows(tmp_path / "table", [("a", 1)])
    for rows, message in (([("b", 1), ("a", 2)], "not sorted"), ([("b", 1), ("b", 2)], "duplicate key 'b'")):
        with pytest.raises(InputError, match=message):
            write_rows(tmp_path / "table", rows)
    with pytest.raises(RuntimeError), table_writer(tmp_path / "table") as table:
        table.write("c", 1)
        raise RuntimeError
    assert read_table(tmp_path / "table") == {"a": "1"}
    assert [path.name for path in tmp_path.iterdir()] == ["table"]


@pytest.mark.parametrize("seed", range(20))
def test_values_of_keys(tmp_path, seed):
    table, keys = random_table(seed), sorted(random_table(seed + 100) | random_table(seed))
    write_table(tmp_path / "table", table)
    keys = keys[:: 1 + seed % 3]
    assert list(values_of(keys, sorted_lines(tmp_path / "table"))) == [table.get(key) for key in keys]


def test_faults_after_the_last_key_are_found(tmp_path):
    (tmp_path / "table").write_text("a 1\nc 1\nb 1\n")
    with pytest.raises(InputError, match="table:3"):
        list(values_of(["a"], sorted_lines(tmp_path / "table")))


@pytest.mark.parametrize("seed", range(20))
def test_outer_join(seed):
    first, second = random_table(seed), random_table(seed + 50)
    joined = list(outer_join(sorted(first.items()), sorted(second.items())))
    assert joined == [(key, first.get(key), second.get(key)) for key in sorted(first | second)]


@pytest.mark.parametrize("seed", range(20))
def test_merge_is_sorting_all(tmp_path, seed):
    rng, table = random.Random(seed), random_table(seed)
    parts = [{}, {}, {}]
    for key, value in table.items():
        for part in rng.sample(parts, rng.randint(1, 3) if seed % 2 else 1):
            part[key] = value
    paths = [tmp_path / str(number) for number in range(3)]
    for path, part in zip(paths, parts):
        write_table(path, part)
    assert list(merge_tables(paths, repeated=True)) == sorted(table.items())
    if sum(map(len, parts)) > len(table):
        with pytest.raises(InputError, match="is in .* too; make the keys unique"):
            list(merge_tables(paths))
    else:
        assert list(merge_tables(paths)) == sorted(table.items())


def test_merged_tables_with_two_values_of_a_key(tmp_path):
    write_table(tmp_path / "1", {"a": "m"})
    write_table(tmp_path / "2", {"a": "f"})
    with pytest.raises(InputError, match="2: 'a' is in .*1 too"):
        list(merge_tables([tmp_path / "1", tmp_path / "2"], repeated=True))


def test_any_order(tmp_path):
    (tmp_path / "table").write_text("b 1\na 2\n")
    assert not is_sorted(tmp_path / "table")
    assert list(lines_by_key(tmp_path / "table")) == [(2, "a", "2"), (1, "b", "1")]
    (tmp_path / "table").write_text("b 1\na 2\nb 3\n")
    with pytest.raises(InputError, match="table:3: duplicate key 'b'"):
        list(lines_by_key(tmp_path / "table"))


def test_parsed_values(tmp_path):
    write_table(tmp_path / "table", {"a": "1.5", "b": "-1"})
    lines = parsed_lines(tmp_path / "table", parse_positive)
    assert next(lines) == (1, "a", 1.5)
    with pytest.raises(InputError, match="table:2: 'b': '-1' is not a positive number"):
        next(lines)
