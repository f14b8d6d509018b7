"""Experiments of small commands: what runs, in which order, what is done again after an interruption."""

import signal
import subprocess
import sys

import pytest
import yaml
from helpers.launchers import call, is_running, wait_for
from helpers.paths import ROOT

from c2ser.errors import C2SERError, InputError
from c2ser.experiments import Experiment
from c2ser.experiments.templates import expand_text, expand_words

WRITE = "import sys; open(sys.argv[1], 'a').write(' '.join(sys.argv[2:]) + '\\n')"
CONFIG = {
    "parameters": {
        "exp": "exp/{name}",
        "name": "x y",
        "file": "{exp}/fold{fold}_{condition}",
        "extra": [],
        "write": WRITE,
    },
    "loops": {
        "fold": [1, 2],
        "condition": {"full": None, "soft": {"after": "full", "extra": ["--a", "b c"]}, "less": {}},
    },
    "tasks": {
        "train": {
            "loops": ["condition", "fold"],
            "creates": ["{file}"],
            "commands": ["python -c '{write}' order {condition} {fold}", "python -c '{write}' '{file}' {extra} {flag}"],
        },
        "pool": {
            "loops": ["condition"],
            "joins": {"{exp}/{condition}": "{file:fold}"},
            "removes": ["{exp}/fold*_{condition}"],
        },
    },
}
CONFIG["parameters"]["flag"] = True


@pytest.fixture
def config(tmp_path):
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(CONFIG, sort_keys=False))
    return tmp_path / "x.yaml"


def run(config, **changes):
    Experiment(config, changes, directory=config.parent).run(num_jobs=2)
    return [line.split() for line in (config.parent / "order").read_text().splitlines()]


def test_all_combinations_are_run_and_what_waits_for_another_comes_later(config):
    order = run(config)
    assert sorted(order) == sorted([name, fold] for name in ("full", "soft", "less") for fold in "12")
    assert [name for name, _ in order[-2:]] == ["soft", "soft"]
    exp = config.parent / "exp" / "x y"
    assert (exp / "soft").read_text() == 2 * "--a b c true\n" and (exp / "full").read_text() == 2 * "true\n"
    assert sorted(path.name for path in exp.iterdir()) == ["full", "less", "log", "soft"]
    log = (exp / "log" / "train.condition_full.fold_1.log").read_text()
    assert log.startswith(f"# {sys.executable} -c ") and log.endswith("fold1_full' true\n")


def test_what_is_done_is_not_done_again(config):
    folder = config.parent / "exp" / "x y"
    folder.mkdir(parents=True)
    (folder / "fold2_full").write_text("done\n")
    assert len(run(config)) == 5
    assert (folder / "full").read_text() == "true\ndone\n"


def test_parameters_and_loops_are_changed(config):
    assert sorted(run(config, fold="2", condition="less,full", name="z")) == [["full", "2"], ["less", "2"]]
    assert (config.parent / "exp" / "z" / "less").read_text() == "true\n"
    experiment = Experiment(config, {"extra": "--more 'd e'"}, directory=".")
    assert experiment.parameters["extra"] == ["--more", "d e"]


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [("fold", "3", "fold has no '3'; there are 1, 2"), ("seed", "3", "no parameter or loop 'seed'; there are ")],
)
def test_wrong_changes_are_named(config, name, value, error):
    with pytest.raises(InputError, match=error):
        Experiment(config, {name: value}, directory=".")


def test_a_task_on_request_is_run_for_values_that_are_chosen(config):
    mapping = yaml.safe_load(config.read_text())
    mapping["tasks"]["train"]["on_request"] = "condition"
    mapping["tasks"].pop("pool")
    config.write_text(yaml.safe_dump(mapping, sort_keys=False))
    for changes in ({"fold": "2"}, {"condition": "less"}):
        Experiment(config, changes, directory=config.parent).run(num_jobs=1)
    assert (config.parent / "order").read_text() == "less 1\nless 2\n"


def test_a_failed_run_is_named_and_the_others_finish(config):
    mapping = yaml.safe_load(config.read_text())
    mapping["tasks"]["train"]["commands"].append(
        'python -c \'import sys; print("reason"); sys.exit("{condition}" == "full")\''
    )
    config.write_text(yaml.safe_dump(mapping, sort_keys=False))
    with pytest.raises(C2SERError, match=r"2 of 4 runs failed: train, condition full, fold 1; .*their logs"):
        run(config)
    assert len((config.parent / "order").read_text().splitlines()) == 4
    assert "reason" in (config.parent / "exp" / "x y" / "log" / "train.condition_full.fold_1.log").read_text()
    assert not (config.parent / "exp" / "x y" / "full").exists()


@pytest.mark.parametrize(
    ("path", "value", "error"),
    [
        (("parameters", "exp"), "{exp}", "{exp}: the parameter contains itself"),
        (("tasks", "train", "commands"), ["true {seed}"], "{seed}: no such parameter"),
        (("tasks", "pool", "joins"), {"{exp}/a": "{file:seed}"}, "{file:seed}: no loop 'seed'"),
        (("tasks", "train", "loops"), ["seed"], "train: no loop 'seed'"),
        (("tasks", "train", "command"), "true", "unknown key 'command'"),
        (("loop",), {}, "its sections are"),
    ],
)
def test_faults_of_the_yaml_are_named(config, path, value, error):
    mapping = section = yaml.safe_load(config.read_text())
    for key in path[:-1]:
        section = section[key]
    section[path[-1]] = value
    config.write_text(yaml.safe_dump(mapping, sort_keys=False))
    with pytest.raises(InputError) as raised:
        run(config)
    assert error in str(raised.value)


def test_words_keep_their_spaces():
    parameters = {"a": "x y", "b": ["{a}", "z"], "c": "{n}-{a}", "off": False}
    assert expand_words("run {a} '{a} {off}' {b} {c:n}", parameters, loops={"n": [1, 2]}) == [
        *("run", "x y", "x y false", "x y", "z", "1-x y", "2-x y")
    ]
    loops = {"n": [1, 2], "m": ["p", "q"]}
    assert expand_words("{d:m:n} {d:n}", {"d": "{n}{m}", "m": "x"}, loops=loops) == "1p 2p 1q 2q 1x 2x".split()
    assert expand_text("$(touch {a})", parameters) == "$(touch x y)"


def test_sigterm_ends_what_runs_and_starts_no_more(tmp_path):
    (tmp_path / "conf").mkdir()
    (tmp_path / "run.sh").touch()
    command = "sh -c 'sleep 300 & echo $! > {number}.part; mv {number}.part {number}.pid; wait'"
    mapping = {
        "parameters": {"exp": "exp"},
        "loops": {"number": [1, 2, 3]},
        "tasks": {"wait": {"loops": ["number"], "commands": [command]}},
    }
    (tmp_path / "conf" / "x.yaml").write_text(yaml.safe_dump(mapping, sort_keys=False))
    words = [sys.executable, "-m", "c2ser.bin.experiment", str(tmp_path / "conf" / "x.yaml"), "number=1,2,3"]
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL, cwd=ROOT)
    pids = [tmp_path / "1.pid", tmp_path / "2.pid"]
    wait_for(lambda: all(path.exists() for path in pids))
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=120) == 128 + signal.SIGTERM
    wait_for(lambda: not any(is_running(int(path.read_text())) for path in pids))
    assert not (tmp_path / "3.pid").exists()


def test_the_experiments_of_recipes_name_what_exists():
    of_emodb = ("ablation", "ablation_lora", "category_loss", "systems")
    for recipe, config in (*(("emodb", name) for name in of_emodb), ("mini_emo", "systems")):
        path = ROOT / "egs" / recipe / "conf" / f"{config}.yaml"
        experiment = Experiment(path, {}, directory=ROOT / "egs" / recipe)
        experiment.parameters["command_line"] = "c2ser experiment"
        for name, task in experiment.tasks.items():
            for run in experiment.runs(name):
                for command in task.commands:
                    words = expand_words(command, run.parameters, loops=experiment.loops)
                    assert words[0] == "./run.sh" or words[:2] == ["python", "-m"]


def test_wrong_usage():
    done = call([sys.executable, "-m", "c2ser.bin.experiment", "x.yaml", "fold"])
    assert done.returncode == 2 and "NAME=VALUE" in done.stderr
