"""Serve a model: a page for people, and an HTTP interface for programs.

Only this machine can connect, unless --host says otherwise. The description of the interface is at /openapi.json, the
state of the server at /health and /metrics.

Examples:
  c2ser serve --model exp/packed
  c2ser serve --model exp/packed --port 8000 --ngpu 1 --examples recordings/to/try
  c2ser serve --model exp/packed --host 0.0.0.0 --rate 30/minute --max_megabytes 8 --max_seconds 120
"""

import sys

from c2ser.cli import (
    batch_arguments,
    command,
    device,
    device_arguments,
    positive_float,
    positive_int,
)


def add_arguments(parser) -> None:
    parser.add_argument("--model", required=True, help="folder of a packed model, or its id on the Hugging Face hub")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at; 0.0.0.0 for all of the machine's")
    parser.add_argument("--port", type=positive_int, default=7860, help="port to listen at")
    parser.add_argument("--max_megabytes", type=positive_int, default=32, help="size of a request")
    parser.add_argument("--max_seconds", type=positive_float, default=600, help="duration of a recording")
    parser.add_argument("--rate", default="120/minute", help="POST requests of one client; 'none' for no limit")
    parser.add_argument("--max_waiting", type=positive_int, default=64, help="requests in work at a time")
    parser.add_argument(
        "--window", type=positive_float, default=0.01, help="seconds that an idle model waits for a second request"
    )
    page = parser.add_mutually_exclusive_group()
    page.add_argument("--no_page", action="store_true", help="serve programs alone; takes 90 MB less memory")
    page.add_argument(
        "--examples", help="folder of recordings that the page offers; by default it offers synthetic speech"
    )
    batch_arguments(parser, seconds=60)
    device_arguments(parser)


def run(args) -> None:
    from c2ser.errors import InputError

    try:
        import uvicorn

        from c2ser.serving import Limits, Service
    except ImportError as error:
        raise InputError(f"{error.name}: not installed; install c2ser with the extra [serve]") from None
    from c2ser import C2SER

    limits = Limits(
        megabytes=args.max_megabytes,
        seconds=args.max_seconds,
        rate=None if args.rate == "none" else args.rate,
        waiting=args.max_waiting,
    )
    examples = page_examples(args)
    model = C2SER.from_pretrained(args.model, device=device(args))
    service = Service(model, args.model, limits=limits, batch_seconds=args.batch_seconds, window=args.window)
    app = application(service, examples)
    print(f"serving {args.model} at http://{args.host}:{args.port}", flush=True)
    uvicorn.run(app, host=args.host, port=args.port, log_level="warning")


def page_examples(args):
    """Returns the recordings that the page offers; None where there is to be no page."""
    from importlib.util import find_spec

    if args.no_page:
        return None
    if find_spec("gradio") is None:
        print("no page: gradio is not installed; install c2ser with the extra [serve]", file=sys.stderr)
        return None
    from c2ser.serving.page import read_examples, spoken_examples

    return spoken_examples() if args.examples is None else read_examples(args.examples)


def application(service, examples):
    """Returns the application, with the page where there are examples for it, even if none."""
    from c2ser.serving import create_api, create_app

    return create_api(service) if examples is None else create_app(service, examples)


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
