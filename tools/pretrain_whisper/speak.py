#!/usr/bin/env python3
"""Speak what the tiny Whisper is pre-trained on: random words in English and Mandarin, by eSpeak NG.

The voices are none of mini_emo's, nor are the sentences; pitch, rate, range, loudness and voice quality are drawn from
more than what mini_emo's emotions need. The same seed gives the same samples, whatever --nj is.

Examples:
  pip install wordfreq
  tools/pretrain_whisper/speak.py --output_dir speech --num_utts 24000
  tools/pretrain_whisper/speak.py --output_dir speech --text sentences.txt en --text saetze.txt zh
"""

import os
import sys
from itertools import chain
from pathlib import Path

from c2ser.cli import command, non_negative_int, positive_int

CHUNK = 200  # utterances that one process speaks, in this order


def add_arguments(parser) -> None:
    parser.add_argument("--output_dir", type=Path, required=True, help="receives the data directory and wav/")
    parser.add_argument("--num_utts", type=positive_int, default=24000, help="utterances of both languages together")
    parser.add_argument(
        "--text",
        nargs=2,
        action="append",
        default=[],
        metavar=("FILE", "LANGUAGE"),
        help="sentences to draw from, one a line, instead of random words in that language (en or zh)",
    )
    parser.add_argument("--seed", type=non_negative_int, default=0, help="seed of all draws")
    parser.add_argument("--nj", type=positive_int, default=2, help="parallel processes")


def run(args) -> None:
    from speech import plan, speak_all, utterance
    from texts import texts_of_languages
    from tqdm import tqdm

    from c2ser.data import DataDir
    from c2ser.data.names import ATTRIBUTES
    from c2ser.data.tables import write_table
    from c2ser.synthesis.espeak import map_in_fresh_processes

    texts = texts_of_languages({language: Path(file) for file, language in args.text})
    wavs = args.output_dir.resolve() / "wav"
    wavs.mkdir(parents=True, exist_ok=True)
    speeches = [plan(index, texts, wavs, seed=args.seed) for index in range(args.num_utts)]
    chunks = [speeches[start : start + CHUNK] for start in range(0, len(speeches), CHUNK)]
    # Before Python 3.13 a fork server finds only the modules of PYTHONPATH, and each process would load SciPy again.
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    done = tqdm(map_in_fresh_processes(speak_all, chunks, nj=args.nj), total=len(chunks), unit="chunk", mininterval=2)
    attributes = dict(zip((speech.id for speech in speeches), chain.from_iterable(done)))
    DataDir(args.output_dir).write(map(utterance, speeches), [])
    write_table(args.output_dir / ATTRIBUTES, dict(sorted(attributes.items())))


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
