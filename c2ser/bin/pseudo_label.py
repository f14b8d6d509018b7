"""Stage 3: labels an unlabelled set where a listening and a reading teacher, trained on the labelled set, agree."""

import logging

from c2ser.bin._command import argument_parser, run_command
from c2ser.pseudo_label.agreement import pseudo_label
from c2ser.pseudo_label.report import report_text


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--train_dir", required=True, help="labelled set of stage 2, with text")
    parser.add_argument("--unlabelled_dir", required=True, help="unlabelled set of stage 2, with text")
    parser.add_argument("--output_dir", required=True, help="the unlabelled set with utt2emo where the teachers agree")
    parser.add_argument("--threshold", type=float, default=0.3, help="probability that both teachers must give")
    parser.add_argument("--reference", help="table of true emotions, for the report's precision only")
    report = pseudo_label(**vars(parser.parse_args()))
    logging.info("pseudo-labels:\n%s", report_text(report))


if __name__ == "__main__":
    run_command(main)
