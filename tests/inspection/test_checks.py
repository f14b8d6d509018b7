"""Each problem in the data has its warning, and sound data have none."""

from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.stages import Page, change, stage_1, utts_of, warnings

from c2ser.data.tables import read_table, write_table
from c2ser.inspection.page import write_page


def test_nothing_is_wrong_where_nothing_is(sets):
    output, summary = write_page(sets)
    assert "warning" not in summary
    assert "Nothing looks wrong\n" in Page(output).text


FAULTS: dict[str, tuple[Callable[[Path, Path], object], str]] = {}


def fault(line: str) -> Callable:
    """Registers what makes one of two sets faulty, and the line that warns of it; an empty one for none."""

    def register(spoil: Callable[[Path, Path], object]) -> Callable:
        FAULTS[spoil.__name__] = (spoil, line)
        return spoil

    return register


@fault("test: fewer than 10 utterances of angry (9)")
def few(train, test):
    change(test / "utt2emo", {utts_of(test)[0]: None})


@fault("train: no utterance of sad, which therefore cannot be learned")
def missing(train, test):
    change(train / "utt2emo", dict.fromkeys(utts_of(train), "angry"))


@fault("train: has utterances of happy, which are not in the label set")
def foreign(train, test):
    change(train / "utt2emo", {utts_of(train)[0]: "happy"})


@fault("train: no utterance is labelled, so no training on it is possible")
def unlabelled(train, test):
    (train / "utt2emo").unlink()


@fault("")
def unlabelled_other_set(train, test):
    (test / "utt2emo").unlink()


@fault(
    "train: 92% of the 12 utterances of angry are of speaker traina, who has 46% of all; a model may learn the voice"
    " instead"
)
def voices(train, test):
    labels = read_table(train / "utt2emo")
    others = iter("aaaaaaaaaaab" + "bcd" * 4)
    spoken = {utt: f"train{next(others)}" for utt in sorted(labels, key=lambda utt: (labels[utt], utt))}
    change(train / "utt2spk", spoken)


@fault("")
def unknown_speakers(train, test):
    for directory in (train, test):
        write_table(directory / "utt2spk", {utt: utt for utt in utts_of(directory)})


@fault("train and test share 1 of 2 speakers: traina; results on them are not speaker-independent")
def speakers(train, test):
    change(test / "utt2spk", {utts_of(test)[0]: "traina", **dict.fromkeys(utts_of(test)[1:], "testb")})


@fault("")
def speakers_of_pseudo_labelled(train, test):
    change(test / "utt2spk", dict.fromkeys(utts_of(test), "traina"))
    (test / "report.txt").write_text("all is well")


@fault("test: the text teacher is no better than chance")
def teacher(train, test):
    (test / "report.txt").write_text("Labels: 0\n\nwarning: the text teacher is no better than chance\n")


@fault("train and test share the audio of 1 utterances: testa_0002")
def audio_under_another_name(train, test):
    for directory in (train, test):
        write_table(directory / "utt2audio_hash", {utt: utt for utt in utts_of(directory)})
    change(test / "utt2audio_hash", {utts_of(test)[1]: utts_of(train)[0]})


@fault("")
def audio_without_a_hash(train, test):
    for directory in (train, test):
        write_table(directory / "utt2audio_hash", {utt: utt for utt in utts_of(directory)[2:]})


@fault("train and test share the audio of 1 utterances: testa_0002")
def shared_audio(train, test):
    change(test / "wav.scp", {"testa_0002": read_table(train / "wav.scp")["traina_0000"]})


@fault("test: 1 utterances have the same audio as another one, such as testa_0002")
def repeated_audio(train, test):
    change(test / "wav.scp", {"testa_0002": read_table(test / "wav.scp")["testa_0000"]})


@fault("")
def segments_of_one_recording(train, test):
    write_table(test / "wav.scp", {"recording": "/audio/recording.wav"})
    write_table(test / "segments", {utt: f"recording {line} {line + 1}" for line, utt in enumerate(utts_of(test))})


@fault("train: pitch is undefined (nan) in 54.2% of the utterances")
def undefined(train, test):
    change(train / "attributes", dict.fromkeys(utts_of(train)[:13], "nan -20.000 11.000"))


@fault("")
def half_undefined(train, test):
    change(train / "attributes", dict.fromkeys(utts_of(train)[:12], "nan -20.000 11.000"))


@fault(
    "train: 12.5% of the utterances have more than 20 phonemes a second; were they cut, so that transcripts have more"
    " words than the audio?"
)
def fast(train, test):
    change(train / "attributes", dict.fromkeys(utts_of(train)[:3], "200.000 -20.000 20.001"))


@fault("")
def hardly_too_fast(train, test):
    change(train / "attributes", dict.fromkeys(utts_of(train)[:2], "200.000 -20.000 20.001"))


@fault("train: 1 of 24 utterances (traina_0000) are longer than 30 s; Whisper encodes the first 30 s only")
def long(train, test):
    change(train / "utt2dur", {"traina_0000": "30.0001"})


@fault("train: 1 of 24 utterances (traina_0000) are shorter than 0.4 s, perhaps too short to recognise an emotion")
def short(train, test):
    change(train / "utt2dur", {"traina_0000": "0.3999"})


@fault("")
def neither_long_nor_short(train, test):
    change(train / "utt2dur", {"traina_0000": "30.0000", "traina_0002": "0.4000"})


@fault("train: 50.0% of the utterances last exactly 2 s; were they cut or padded?")
def cut(train, test):
    change(train / "utt2dur", dict.fromkeys(utts_of(train)[:12], "2.0000"))


@fault(
    "test: 1 of 20 utterances (testa_0000) are labelled but have no transcript; their rationales cannot quote the words"
)
def wordless(train, test):
    change(test / "text", {"testa_0000": None})


@fault("")
def wordless_but_heard(train, test):
    change(test / "text", {"testa_0000": None})
    write_table(test / "text_asr", {"testa_0000": "heard"})


@fault("train: 95.8% of the levels of energy are medium, so that energy is uninformative")
def monotonous(train, test):
    change(train / "attribute_levels", dict.fromkeys(utts_of(train)[1:], "low medium high") | one_of_each(train))


@fault("")
def hardly_monotonous(train, test):
    change(train / "attribute_levels", dict.fromkeys(utts_of(train)[2:], "low medium high") | one_of_each(train))


def one_of_each(train: Path) -> dict[str, str]:
    """Levels that keep pitch and rate from being all the same."""
    return dict.fromkeys(utts_of(train)[2:4], "high medium low")


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_its_warning_and_no_other(sets, name):
    spoil, line = FAULTS[name]
    spoil(*sets)
    assert warnings(sets) == ([line] if line else [])


def test_warnings_stand_on_the_page_and_in_the_terminal(sets):
    few(*sets)
    output, summary = write_page(sets)
    line = FAULTS["few"][1]
    assert summary.endswith(f"\nwarning: {line}\n")
    text = Page(output).text
    assert text.index("Look at this first") < text.index(line) < text.index("Sets")


def test_the_same_utterance_in_two_sets_is_found(tmp_path):
    sets = [stage_1(tmp_path / part / "set") for part in ("one", "two")]
    found = warnings(sets)
    assert len(found) == 2  # utterances, speakers; each directory has audio of its own
    assert "share 24 utterances: seta_0000, seta_0002, seta_0004, seta_0006, seta_0008, ..." in found[0]
    assert "share 2 of 2 speakers: seta, setb;" in found[1]
