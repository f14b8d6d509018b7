"""The report on one page."""

import json
import re
import shutil
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import pytest
from helpers.measured import EXPLICIT, IMPLICIT, LABEL, WORDS, answer, write_set
from helpers.stages import Page
from sklearn.metrics import recall_score

from c2ser.bin.report import main as report
from c2ser.data.scores import read_scores
from c2ser.data.tables import read_table
from c2ser.errors import InputError
from c2ser.report import write_report
from c2ser.report.finding import SCORE, find
from c2ser.report.page import gaps

PARTS = ("systems", "groups", "confusion", "stability", "calibration", "interventions", "reasons", "embeddings")
PARTS += ("errors", "listen", "made")


def parts(html: str) -> dict[str, str]:
    """The parts of a page by their ids."""
    found = re.split(r'<details class="part" id="(\w+)"', html)[1:]
    return dict(zip(found[::2], found[1::2]))


def cards(part: str) -> list[str]:
    """The utterances of a part, in its order."""
    return re.findall(r"<article.*?<bdi>(\S+)</bdi>", part, re.DOTALL)


@pytest.fixture(scope="module")
def html(made) -> str:
    return write_report([made / "exp"], samples=8, command="c2ser report exp").read_text(encoding="utf-8")


def test_it_is_one_file_of_sound_html_that_fetches_and_runs_nothing(made, html):
    page = Page(made / "exp" / "report.html")
    assert set(page.tags) >= {"svg", "audio", "img", "details"} and not {"script", "link", "iframe"} & set(page.tags)
    assert all(reference.startswith(("data:", "#")) for reference in page.references)
    assert "default-src 'none'" in html
    assert (
        LABEL in page.text and f"{EXPLICIT}, explicit" in page.text and "<i>never" not in html and "_<b>_" not in html
    )
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids)) and {link[1:] for link in re.findall(r'href="(#[^"]+)"', html)} <= set(ids)
    assert all(re.search(r'role="img" aria-label="[^"]+"', svg) for svg in re.findall(r"<svg[^>]*>", html))
    assert tuple(parts(html)) == PARTS and "lacking" not in parts(html)["stability"]


def test_systems_stand_beside_what_it_takes_to_beat_nothing_and_words(made, html):
    page = Page(made / "exp" / "report.html")
    rows = {
        tuple(row[:2]): row for row in page.tables["recipe, test" if False else next(iter(page.tables))[0], "model"]
    }
    truths = read_table(made / "dump/test/utt2emo")
    for model, mode in ((EXPLICIT, "explicit"), (IMPLICIT, "implicit"), (WORDS, "text")):
        given = read_table(made / "exp" / model / f"inference_{mode}/test/utt2emo")
        ua = 100 * recall_score(list(truths.values()), [given[utt] for utt in truths], average="macro")
        assert rows[model, mode][2].startswith(f"{ua:.1f} [")
    assert rows["always angry", ""][2] == "33.3"
    assert "What the words tell" not in html and "No ceiling" in html


def test_the_widest_gaps_of_folders_name_the_folder_and_the_others_are_folded_away():
    def system(seed: int):
        kinds = {
            f"kind{number}": {
                "best": {"group": "a", "ua": 0.9},
                "worst": {"group": "b", "ua": 0.9 - 0.01 * (2 * number + seed)},
                "gap": 0.01 * (2 * number + seed),
                "gap_ci95": None,
            }
            for number in range(12)
        }
        found = SimpleNamespace(result={"groups": kinds})
        return SimpleNamespace(name="alm, implicit", experiment=Path(f"exp/seed{seed}"), found=found)

    systems = [system(0), system(1)]
    widest, others = gaps(SimpleNamespace(systems=systems, is_pooled=True))
    assert widest.header[:3] == ["system", "experiment", "by"]
    assert [row[2] for row in widest.rows] == [f"kind{number}" for number in range(11, 1, -1) for _ in range(2)]
    assert [row[1].rpartition("/")[2] for row in widest.rows[:2]] == ["seed1", "seed0"] and len(others.rows) == 4
    alone, rest = gaps(SimpleNamespace(systems=systems[:1], is_pooled=False))
    assert alone.header[:2] == ["system", "by"] and len(alone.rows) == 12 and rest.rows == []


def test_the_worst_errors_are_the_most_confident_wrong_answers(made, html):
    answers = made / "exp" / IMPLICIT / "inference_implicit/test"
    truths, given = read_table(made / "dump/test/utt2emo"), read_table(answers / "utt2emo")
    confidence = {utt: scores[given[utt]] for utt, scores in read_scores(answers / "utt2scores")}
    wrong = sorted((utt for utt in truths if given[utt] != truths[utt]), key=lambda utt: -confidence[utt])
    errors, drawn = cards(parts(html)["errors"]), cards(parts(html)["listen"])
    assert errors == wrong[:4] and len(drawn) == 4 and not set(errors) & set(drawn)
    assert html.count("<audio ") == html.count('src="data:audio/flac') == 8
    first = parts(html)["errors"].partition("</article>")[0]
    assert f"{100 * confidence[errors[0]]:.1f} %" in first and f"✗ {given[errors[0]]}" in first
    assert 'class="right-piece"' in first or 'class="wrong-piece"' in first


def test_curves_bars_and_matrices_tell_what_they_show(html):
    told = {name: re.findall(r'<svg role="img" aria-label="([^"]+)"', part) for name, part in parts(html).items()}
    noise = "UA by signal-to-noise ratio, dB: 100 as it is, 100 at 20, 100 at 10, 100 at 5, 33 at 0"
    assert noise in told["stability"] and len(told["calibration"]) == len(told["systems"]) == 1
    tokens, whisper = unescape(told["interventions"][0]).split("; ")
    assert tokens == "Emotion2Vec-S's tokens: follows the other 0 %, its own 100 %, neither 0 %"
    assert whisper == "all of Whisper: follows the other 100 %, its own 0 %, neither 0 %"
    levels = parts(html)["reasons"]
    assert all(f'aria-label="{name}"' in levels for name in ("pitch", "energy", "rate"))


def test_how_it_was_made_is_told_without_folders_of_the_machine(made, html):
    told = Page(made / "exp" / "report.html").text.partition("How it was made")[2]
    assert "c2ser report exp" in told and "./run.sh --nj 2 with Python 3.11" in told
    assert "alm_train --seed 3 --init .../a" in told and "c2ser.bin.score --ref .../utt2emo" in told
    assert str(made) not in html


def test_what_is_absent_is_a_line_with_the_command_that_makes_it(recipe, monkeypatch):
    monkeypatch.chdir(recipe)
    for path in recipe.glob("exp/*/inference_*/test/[cf]a*"):
        path.rename(recipe / path.name)
    for path in ("exp/alm_implicit_stability", "exp/alm_implicit_interventions", "exp/embeddings.png", f"exp/{WORDS}"):
        (recipe / path).rename(recipe / Path(path).name)
    found = parts(write_report(["exp"], dump_dir="dump").read_text(encoding="utf-8"))
    scores = f"exp/{IMPLICIT}/inference_implicit/test/utt2scores"
    wanted = {
        "systems": "recognize --system text --model dump/train --data_dir dump/test",
        "stability": "stability --model exp/",
        "calibration": f"calibration --ref dump/test/utt2emo --scores {scores}",
        "interventions": "interventions --model exp/",
        "reasons": "faithfulness --data_dir dump/test --hyp exp/",
        "embeddings": "plot_embeddings --data_dirs dump/test --output_file exp/embeddings.png",
    }
    for name, line in wanted.items():
        assert f"<code>c2ser {line}" in found[name], name
    (recipe / scores).unlink()
    found = parts(write_report(["exp"], dump_dir="dump").read_text(encoding="utf-8"))
    assert "alm_inference --scores" in found["errors"] and len(cards(found["listen"])) == 24


def test_folders_that_differ_in_numbers_are_folds_which_are_scored_together(tmp_path):
    truths, given = [], []
    for fold in (1, 2):
        data, answers = tmp_path / f"dump/fold{fold}/test", tmp_path / f"exp/fold{fold}/a/inference_implicit/test"
        write_set(data, speakers=5 + fold, seed=fold)
        answer(data, answers, right=0.5, seed=fold)
        table, said = read_table(data / "utt2emo"), read_table(answers / "utt2emo")
        truths += table.values()
        given += [said[utt] for utt in table]
    output = write_report([tmp_path / "exp/fold1", tmp_path / "exp/fold2"], tmp_path / "r.html", samples=6)
    page = Page(output)
    (table,) = (rows for (_, first), rows in page.tables.items() if first == "model")
    ua = 100 * recall_score(truths, given, average="macro")
    assert table[1][2] == "2 × 1" and table[1][3].startswith(f"{ua:.1f} [") and table[1][7] == str(len(truths))
    assert "fold1 to fold2, test" in page.text and page.text.count("no audio") == 0


def test_the_same_bytes_again_and_as_much_audio_as_asked_for(made, html, tmp_path, capsys):
    again = write_report([made / "exp"], tmp_path / "r.html", samples=8, command="c2ser report exp")
    assert again.read_text(encoding="utf-8") == html
    report([str(made / "exp"), "--output", str(tmp_path / "none.html"), "--samples", "0"])
    assert (
        capsys.readouterr().out == f"{tmp_path / 'none.html'}\n"
        and "<audio " not in (tmp_path / "none.html").read_text()
    )


def test_the_set_is_found_by_what_inference_left_wherever_the_report_is_made(recipe, tmp_path, monkeypatch):
    answers = recipe / "exp" / EXPLICIT / "inference_explicit/test"
    for note in recipe.glob("exp/*/inference_*/test/*/made_by.json"):
        note.unlink()
    (answers / "input/split1/1").mkdir(parents=True)
    (answers / "input/split1/1/source").write_text("dump/test\n")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert "no audio" not in write_report([recipe / "exp"]).read_text(encoding="utf-8")
    (answers / "input/split1/1/source").unlink()
    html = write_report([recipe / "exp"]).read_text(encoding="utf-8")
    assert "no audio" in html


def test_faults_are_one_line(recipe):
    (recipe / "none").mkdir()
    with pytest.raises(InputError, match="none: has no results; run score"):
        write_report([recipe / "exp", recipe / "none"])
    found = find([recipe / "exp"]).of_kind(SCORE)[0]
    (found.directory / "confusion.tsv").write_text("a\tb\nc\td\n")
    with pytest.raises(InputError, match=r"confusion\.tsv: not a table of counts; score again"):
        write_report([recipe / "exp"])
    (found.directory / "result.json").write_text("{")
    with pytest.raises(SystemExit, match=r"^error: .*result\.json: not JSON"):
        report([str(recipe / "exp")])


def test_results_of_other_programs_are_passed_over(recipe):
    (recipe / "exp/other").mkdir()
    (recipe / "exp/other/result.json").write_text(json.dumps({"wa": 1}))
    (recipe / "exp/split1").mkdir()
    (recipe / "exp/split1/result.json").write_text("{")
    assert len(find([recipe / "exp"]).results) == 7


def test_nothing_is_wider_than_a_phone_and_parts_fold_by_keyboard(made, html):
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("no Chromium is installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page, faults = browser.new_page(viewport={"width": 390, "height": 800}), []
        page.on("console", lambda message: faults.append(message.text))
        page.goto((made / "exp" / "report.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.focus("#groups > summary")
        page.keyboard.press("Enter")
        assert page.evaluate("document.querySelector('#groups').open") is False
        page.wait_for_function("document.querySelector('img').complete")
        browser.close()
    assert faults == []


def test_an_utterance_of_two_sets_is_shown_once(recipe):
    """As where answers in two languages are scored by language and together."""
    answers = recipe / "exp" / IMPLICIT / "inference_implicit"
    shutil.copytree(answers / "test", answers / "all")
    found = parts(write_report([recipe / "exp"], samples=60).read_text(encoding="utf-8"))
    shown = cards(found["errors"]) + cards(found["listen"])
    assert len(shown) == len(set(shown)) == 30
