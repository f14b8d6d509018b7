"""Names of the tables of a data directory, and of ways to store audio: the only place where they stand as strings."""

# Where the audio is, per recording; without `SEGMENTS` each utterance is a recording of its own.
WAV_SCP = "wav.scp"

UTT2SPK = "utt2spk"
SPK2UTT = "spk2utt"
SPK2GENDER = "spk2gender"
SPK2AGE = "spk2age"

# What a corpus says about an utterance.
UTT2EMO = "utt2emo"
UTT2VOTES = "utt2votes"
TEXT = "text"
UTT2LANG = "utt2lang"
UTT2CORPUS = "utt2corpus"
UTT2LEXICAL_CUE = "utt2lexical_cue"
SEGMENTS = "segments"

# What is measured, recognised or written later.
TEXT_ASR = "text_asr"
UTT2LANG_ASR = "utt2lang_asr"
UTT2DUR = "utt2dur"
UTT2NUM_SAMPLES = "utt2num_samples"
UTT2AUDIO_HASH = "utt2audio_hash"
ATTRIBUTES = "attributes"
ATTRIBUTE_REASONS = "attribute_reasons"
ATTRIBUTE_LEVELS = "attribute_levels"
EXPLICIT = "explicit"
IMPLICIT = "implicit"
UTT2SCORES = "utt2scores"
UTT2EMO_REFERENCE = "utt2emo_reference"

# Utterances that a command left out, and why; not part of the set.
SKIPPED = "skipped"

# In a part of a set: a file with the path of the set that it was split from.
SOURCE = "source"

# Features, which are in archives.
EMOTION2VEC_SCP = "emotion2vec_s.scp"
EMOTION2VEC_FRAMES_SCP = "emotion2vec_s_frames.scp"
VECTORS_SCP = "vectors.scp"

# How a command stores audio: a file per utterance, or arks of many.
FLAC, FLAC_ARK = AUDIO_FORMATS = ("flac", "flac.ark")

# Beside the data directories of a recipe: its label set, and those of its corpora where they differ.
LABEL_SET = "emotions"
CORPUS_EMOTIONS = "corpus_emotions"

REQUIRED = (WAV_SCP, UTT2SPK, SPK2UTT)
# Known of speakers, where it is.
OF_SPEAKERS = (SPK2GENDER, SPK2AGE)
PER_SPEAKER = (SPK2UTT, *OF_SPEAKERS)

# One line per utterance, in addition to `WAV_SCP` and other tables that end in `SCP_SUFFIX`.
PER_UTTERANCE = (
    UTT2SPK,
    UTT2EMO,
    UTT2VOTES,
    TEXT,
    UTT2LANG,
    TEXT_ASR,
    UTT2LANG_ASR,
    UTT2CORPUS,
    UTT2LEXICAL_CUE,
    SEGMENTS,
    UTT2DUR,
    UTT2NUM_SAMPLES,
    UTT2AUDIO_HASH,
    ATTRIBUTES,
    ATTRIBUTE_REASONS,
    ATTRIBUTE_LEVELS,
    EXPLICIT,
    IMPLICIT,
)
SCP_SUFFIX = ".scp"
