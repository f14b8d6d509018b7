"""The table on a terminal: aligned, wrapped, and without what would move the cursor."""

from c2ser.output.table import Table, display_width

TEXT = "The speaker talks at a fast pace, in a high pitch. The speaker seems to be happy."


def rows(width: int, *files: str, probabilities: bool = True, **more) -> list[str]:
    table = Table(files, ["happy", "surprised"], width=width, probabilities=probabilities)
    scores = {"happy": 0.987}
    answers = [{"file": file, "seconds": 2.5, "emotion": "happy", "text": TEXT, "scores": scores} for file in files]
    return "".join(table.lines(answer | more for answer in answers)).splitlines()


def test_columns_are_aligned_and_texts_wrapped_in_theirs():
    head, *lines = rows(80, "a.wav", "语音.wav", "very/long/name/of/a/folder/and/a/file.wav")
    assert all(display_width(line) <= 80 for line in [head, *lines])
    place = head.index("text")
    firsts = [line for line in lines if "happy  " in line]
    assert len(firsts) == 3 and "0.99" in firsts[0] and "2.50" in firsts[0]
    assert firsts[2].startswith("very/") and "..." in firsts[2] and "file.wav" in firsts[2]
    for line in lines:
        assert line[place - (line.startswith("语") and 2) - 1] == " " and line[:place].strip() or line.startswith(" ")
    assert " ".join(" ".join(line[place:] for line in lines[:3]).split()) == TEXT


def test_of_long_names_those_parts_are_shown_in_which_they_differ():
    folder = "/corpora/of/mine/that/are/far/from/the/top/of/the/file/system/wav"
    lines = [line for line in rows(80, f"{folder}/a/01.wav", f"{folder}/b/01.wav") if "happy  " in line]
    assert [line.split()[0] for line in lines] == ["a/01.wav", "b/01.wav"]
    names = [f"{start}_a_recording_with_a_name_that_is_long_{end}.wav" for start in "ab" for end in "cd"]
    lines = [line for line in rows(80, *names) if "happy  " in line]
    assert len({line.split()[0] for line in lines}) == 4 and all("..." in line for line in lines)


def test_narrow_terminals_have_each_text_on_one_line():
    assert [line.endswith("happy.") for line in rows(30, "a.wav", "b.wav")[1:]] == [True, True]


def test_control_characters_are_shown():
    (_, line, *_) = rows(200, "\x1b[2J.wav")
    assert line.startswith(r"\x1b[2J.wav")


def test_segments_have_lines_of_their_own():
    part = {"emotion": "surprised", "text": "Short.", "scores": None}
    lines = rows(100, "a.wav", segments=[{"start": 0.5, "end": 62.25, **part}], text="")
    assert lines[1].split() == ["a.wav", "2.50", "happy", "0.99"]
    assert lines[2].split() == ["0:00.5", "to", "1:02.2", "surprised", "Short."]
    assert not any("prob." in line for line in rows(100, "a.wav", probabilities=False))
