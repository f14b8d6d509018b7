"""Merges the reports of parallel jobs of c2ser.bin.rewrite_cot into that of the set."""

from c2ser.bin._command import argument_parser, run_command
from c2ser.bin.rewrite_cot import log_outcomes
from c2ser.rationales.rewriting import merge_rewriting


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--data_dir", required=True, help="the set, which holds split<n>")
    parser.add_argument("--nj", required=True, type=int, help="the number of parts")
    args = parser.parse_args()
    log_outcomes(args.data_dir, merge_rewriting(args.data_dir, args.nj))


if __name__ == "__main__":
    run_command(main)
