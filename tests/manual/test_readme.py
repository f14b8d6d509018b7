"""README.md: the front page."""

import re

from helpers.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_is_one_page():
    lines = README.splitlines()
    assert len(lines) <= 120
    assert max(map(len, lines)) <= 120


def test_results_are_those_of_the_recipes():
    results = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("egs/*/RESULTS.md"))
    row = r"\| *(\d+) \| (\d+\.\d \[\d+\.\d, \d+\.\d\]) \| (\d+\.\d), (\d+\.\d) \|$"
    rows = re.findall(row, README, re.MULTILINE)
    assert len(rows) >= 2
    for utterances, ua, pitch, volume in rows:
        scores = rf"\| *implicit *\| \w+ *\|[ \d]*\|? *{utterances} \|[^|]*\| *{re.escape(ua)} \|"
        assert re.search(scores, results), ua
        reasons = rf"\| *explicit *\| \w+ *\| *{utterances} \| *{pitch} [^|]*\| *{volume} "
        assert re.search(reasons, results), (pitch, volume)


def test_tells_how_to_run_the_tests_as_continuous_integration_does():
    called = re.search(r"exec .*/(tests/run\.sh)\"", (ROOT / ".ci" / "run").read_text())[1]
    assert f"\n{called} " in README
