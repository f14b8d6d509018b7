"""EmoV-DB with and without the sentences of CMU Arctic."""

from helpers.raw_corpora import lay_out

from c2ser.corpora import emovdb

SENTENCES = '( arctic_a0001 "Author of the danger trail, Philip Steels, etc." )\n( arctic_b0001 "Not this one." )\n'


def test_sentences_come_from_the_list_where_it_is_there(tmp_path, caplog):
    lay_out(tmp_path, ["emovdb/josh_Sleepy/sleepiness_1_28_0001.wav", "emovdb/sam/Disgusted/disgust_1-28_0002.wav"])
    assert [utterance.text for utterance in emovdb.read(tmp_path / "emovdb")] == [None, None]
    assert "no cmuarctic.data, so no transcripts; get it from http://www.festvox.org" in caplog.text
    (tmp_path / "emovdb" / "cmuarctic.data").write_text(SENTENCES)
    utterances = list(emovdb.read(tmp_path / "emovdb"))
    assert [utterance.text for utterance in utterances] == ["Author of the danger trail, Philip Steels, etc.", None]
    assert [(utterance.speaker, utterance.emotion) for utterance in utterances] == [
        ("emovdb_josh", "sleepy"),
        ("emovdb_sam", "disgusted"),
    ]
