"""Sweeps, by a fake trainer and a fake judge in processes of their own: what is searched, pruned, kept and said."""

import dataclasses
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file

from tests.evaluation.report import sample
from tests.trainers.fakes import PROGRAMS, ROOT, said, until
from trainers.study.conduct import How, conduct
from trainers.study.job import Programs
from trainers.study.ranges import Sweep
from trainers.study.settings import load_study, study_names
from trainers.study.sweep.objective import Reached
from trainers.study.sweep.plan import SweepPlan
from trainers.study.sweep.search import Search
from trainers.study.sweep.sentences import how_sure
from trainers.study.work import work
from wildrobot.config import validated
from wildrobot.errors import UsageError
from wildrobot.evaluation.measure.metrics import METRICS
from wildrobot.processors import available_threads

BEST = 3.0
WEIGHT = "amp.style_weight"
SWEEP: dict[str, Any] = {
    "group": "ours",
    "ranges": {WEIGHT: {"low": 0.1, "high": 100.0, "log": True}},
    "trials": 4,
    "objective": "vx_error_m_per_s",
}
TREE = {
    "title": "How much style?",
    "seeds": [0],
    "cores_per_training": 1,
    "groups": {"ours": {"trainer": "brax-amp", "config": "smoke"}},
}


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """What tells the fakes what to do: the speed error is |style weight - 3|, and 0.5 more with each seed."""
    folder = tmp_path / "fake"
    folder.mkdir()
    document = sample.document(("brax-amp",))
    document["suites"] = document["suites"][:1]
    for policy in document["policies"]:
        policy["suites"] = {"walk": policy["suites"]["walk"]}
        policy["gates"] = []
    (folder / "brax-amp.json").write_text(json.dumps(document | {"comparisons": []}))
    objective = {"metric": "vx_error_m_per_s", "setting": WEIGHT, "best": BEST, "per_seed": 0.5}
    (folder / "objective.json").write_text(json.dumps(objective))
    monkeypatch.setenv("FAKE", str(folder))
    return folder


@pytest.fixture
def how(tmp_path):
    return How(store=tmp_path / "store", report=tmp_path / "report", at_once=1)


def written(tmp_path: Path, changes: dict[str, Any] | None = None, **of_study: Any) -> str:
    path = tmp_path / "study.yaml"
    path.write_text(json.dumps(TREE | of_study | {"sweep": SWEEP | (changes or {})}))
    return str(path)


def drawn(tmp_path: Path, name: str, trials: int) -> list[float]:
    """The first settings that the sampler draws for a file, before anything is known of them."""
    sweep = load_study(name).sweep
    assert sweep is not None
    search = Search(tmp_path / "drawn", sweep, maximize=False, stages=1, own=True)
    found = [search.next() for _ in range(trials)]
    search.close()
    return [float(str(trial.values[WEIGHT])) for trial in found if trial is not None]


def sweep_of(tree: dict[str, Any]) -> Sweep:
    return validated(Sweep, tree, "the test")


def reached(value: float | None, steps: int = 1) -> Reached:
    return Reached(steps, value, None, None, (value,), "run")


def searched(folder: Path, sweep: Sweep, again_after: tuple[int, ...] = ()) -> list[tuple[float, int, str]]:
    """A whole search for the lowest |log10(x) + 3.5|: value, choice and end of each trial.

    After so many trials, the process of the search dies with a trial half judged, and another one goes on.
    """
    stages = len(sweep.pruning.rungs) + 1 if sweep.pruning is not None else 1
    search = Search(folder, sweep, maximize=False, stages=stages, own=True)
    while (trial := search.next()) is not None:
        if trial.number in again_after and not trial.reached:
            search.report(trial, 0, _of(trial.values, 0))
            search.close()
            return searched(folder, sweep, again_after)
        state, stage = trial.state, trial.passed
        while state == "open":
            state, stage = search.report(trial, stage, _of(trial.values, stage)), stage + 1
    search.close()
    return [(float(str(its.values["x"])), int(str(its.values["n"])), its.state) for its in search.trials()]


def _of(values: Any, stage: int) -> Reached:
    return reached(abs(math.log10(values["x"]) + 3.5) + 0.1 * values["n"] - 0.01 * stage, stage)


SEARCHED: dict[str, Any] = {
    "group": "ours",
    "ranges": {"x": {"low": 1e-5, "high": 1e-2, "log": True}, "n": {"choices": [1, 2, 4]}},
    "trials": 16,
    "objective": "vx_error_m_per_s",
    "pruning": {"rungs": [1, 2]},
}


def test_the_best_setting_is_found_and_said(tmp_path, fake, how, capsys):
    name = written(tmp_path)
    assert conduct(name, how, PROGRAMS) == 0
    assert said(fake) == ["judge brax-amp-0"] * 4 + ["train brax-amp-0"] * 4
    values = drawn(tmp_path, name, 4)
    best = min(values, key=lambda value: abs(value - BEST))
    printed = capsys.readouterr().out
    assert f"Trial {values.index(best)} is the best of 4" in printed
    assert f"with {WEIGHT} = {best:.4g}" in printed
    assert f"--config smoke {WEIGHT}={best!r} brax_ppo.num_timesteps=4096 brax_ppo.seed=0" in printed
    assert "each trial is one training" in printed
    text = (how.report / "study.md").read_text()
    assert text.startswith("## How much style?\n")
    (first,) = [line for line in text.splitlines() if line.startswith(f"| trial {values.index(best)} |")]
    assert f"| {abs(best - BEST):.3f} ({abs(best - BEST):.3f}–{abs(best - BEST):.3f}) |" in first
    assert text.index(first) < min(text.index(f"| trial {i} ") for i in range(4) if i != values.index(best))
    page = (how.report / "index.html").read_text()
    assert f'data-drawing="setting/{WEIGHT}"' in page

    assert conduct(name, how, PROGRAMS) == 0
    assert said(fake) == [], "nothing is left to do"
    assert conduct(written(tmp_path, {"trials": 5}), how, PROGRAMS) == 0
    assert said(fake) == ["judge brax-amp-0", "train brax-amp-0"], "more trials go on with the sweep that there is"


def test_at_a_rung_the_worse_trials_end_and_the_better_go_on_where_they_were(tmp_path, fake, how):
    name = written(tmp_path, {"pruning": {"rungs": [1024, 2048], "reduction_factor": 2}, "trials": 6})
    assert conduct(name, how, PROGRAMS) == 0
    rows = [line.split(" | ") for line in (how.report / "study.md").read_text().splitlines() if "| trial " in line]
    steps = {cells[0].removeprefix("| "): (cells[1], cells[2]) for cells in rows[1:]}
    ends = list(steps.values())
    assert ("pruned", "1\u202f024") in ends
    assert ("complete", "4\u202f096") in ends
    trained = [line for line in said(fake) if "judge" not in line]
    assert trained.count("train brax-amp-0") == 6, "each trial begins once"
    passed_first = sum(end[1] != "1\u202f024" for end in ends)
    passed_second = sum(end[1] == "4\u202f096" for end in ends)
    assert trained.count("resume brax-amp-0") == passed_first + passed_second
    # By hand: of the trials that had come to a rung, one is in the better half of all that had come there by then.
    weights = drawn(tmp_path, name, 6)
    came: list[float] = []
    for index, weight in enumerate(weights):
        came.append(abs(weight - BEST))
        goes_on = sorted(came).index(came[-1]) < max(1, len(came) // 2)
        assert (steps[f"trial {index}"][1] != "1\u202f024") == goes_on


def test_what_a_longer_training_goes_on_from_stays_as_it_was(tmp_path, fake, how):
    conduct(written(tmp_path, {"pruning": {"rungs": [1024]}, "trials": 1}), how, PROGRAMS)
    runs = {path.parent: json.loads(path.read_text()) for path in how.store.glob("runs/*/run.json")}
    newest = {max(path.name for path in run.glob("checkpoints/*")) for run in runs}
    assert newest == {f"{1024:012d}", f"{4096:012d}"}
    assert all("completed" in provenance for provenance in runs.values())


def test_a_sweep_that_is_killed_loses_no_finished_trial_and_goes_on(tmp_path, fake, how):
    name = written(tmp_path, {"pruning": {"rungs": [1024]}, "trials": 3})
    code = (
        "import sys; from pathlib import Path; from tests.trainers.fakes import PROGRAMS; "
        "from trainers.study.conduct import How, conduct; store, report, name = sys.argv[1:]; "
        "conduct(name, How(Path(store), Path(report), at_once=1), PROGRAMS)"
    )
    command = [sys.executable, "-c", code, str(how.store), str(how.report), name]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("trial 0: ") and "complete" in line:
            (fake / "hold").touch()
        if line.startswith("trial 1: "):
            break
    until(lambda: "train brax-amp-0" in (fake / "said").read_text().splitlines()[4:])
    process.kill()
    process.communicate()
    (fake / "hold").unlink()
    said(fake)
    assert conduct(name, how, PROGRAMS) == 0
    again = said(fake)
    assert again.count("train brax-amp-0") <= 2, "the first trial is not trained again"
    text = (how.report / "study.md").read_text()
    assert all(f"| {weight:.4g} |" in text for weight in drawn(tmp_path, name, 3)), "the same trials as without a kill"


def test_trials_of_several_seeds_say_how_much_seeds_matter(tmp_path, fake, how, capsys):
    assert conduct(written(tmp_path, {"trials": 2}, seeds=[0, 1]), how, PROGRAMS) == 0
    assert said(fake).count("train brax-amp-1") == 2
    # Seed 1 is 0.5 worse: a standard deviation of 0.5 / sqrt(2), and two standard errors of 2 x 0.354 x sqrt(2 / 2).
    printed = capsys.readouterr().out
    assert (
        "scatter by a standard deviation of 0.354 m/s, so means of 2 seeds differ by chance by up to about 0.707"
        in (printed)
    )
    assert "With fewer than 5 seeds this is rough" in printed


def test_a_trial_that_fails_is_named_and_tried_again(tmp_path, fake, how, capsys):
    name = written(tmp_path, {"trials": 2})
    (fake / "fail").write_text("brax-amp")
    assert conduct(name, how, PROGRAMS) == 1
    assert "trial 0, seed 0: the batch does not fit the devices (exit code 1; " in capsys.readouterr().out
    (fake / "fail").unlink()
    said(fake)
    assert conduct(name, how, PROGRAMS) == 0
    assert said(fake).count("train brax-amp-0") == 2


def test_settings_that_do_not_go_together_end_their_trial_alone(tmp_path, fake, how, capsys):
    # 32 robots: 16 x 2 unrolls are whole ones of all robots, and so are 32 x 1, but not 16 x 1.
    ranges = {"brax_ppo.batch_size": {"choices": [16, 32]}, "brax_ppo.num_minibatches": {"choices": [2, 1]}}
    group = TREE["groups"]["ours"] | {"settings": ["brax_ppo.batch_size=32"]}
    sweep = {"ranges": ranges, "trials": 6}
    assert conduct(written(tmp_path, sweep, groups={"ours": group}), how, PROGRAMS) == 0
    printed = capsys.readouterr().out
    assert "of settings that do not go together" in printed
    assert "impossible" in (how.report / "study.md").read_text()


def test_list_and_report_alone_train_nothing(tmp_path, fake, how, capsys):
    name = written(tmp_path)
    assert conduct(name, How(how.store, how.report, train=False), PROGRAMS) == 1
    assert "4 of 4 trials have not begun" in capsys.readouterr().out
    assert conduct(name, How(how.store, how.report, list_only=True), PROGRAMS) == 0
    assert said(fake) == []
    assert not (how.store / "sweeps").exists()


def test_the_same_seed_gives_the_same_trials_also_after_kills(tmp_path):
    sweep = sweep_of(SEARCHED)
    first = searched(tmp_path / "first", sweep)
    assert len(first) == 16
    assert {state for *_, state in first} == {"complete", "pruned"}
    assert searched(tmp_path / "again", sweep) == first
    assert searched(tmp_path / "killed", sweep, again_after=(0, 5, 12)) == first
    other = searched(tmp_path / "other", sweep.model_copy(update={"seed": 1}))
    assert other != first
    # Random draws alone would be as often in each tenth of the range.
    late = [abs(math.log10(x) + 3.5) for x, *_ in first[10:]]
    assert sum(late) / len(late) < 0.75


def test_what_a_power_cut_leaves_of_the_journal_is_survived(tmp_path):
    sweep = sweep_of(SEARCHED | {"pruning": None, "trials": 2})
    folder = tmp_path / "sweep"
    first = searched(folder, sweep)
    with (folder / "optuna.journal").open("a") as journal:
        journal.write('{"op_code":4,"worker_')
    (folder / "optuna.journal.lock").symlink_to("nowhere")
    assert searched(folder, sweep.model_copy(update={"trials": 3}))[:2] == first
    assert len(searched(folder, sweep)) == 3


def test_two_processes_do_not_search_in_one_sweep(tmp_path):
    sweep = sweep_of(SEARCHED)
    search = Search(tmp_path, sweep, maximize=False, stages=3, own=True)
    with pytest.raises(UsageError, match="wait for its end, or end it, before the sweep goes on"):
        Search(tmp_path, sweep, maximize=False, stages=3, own=True)
    assert Search(tmp_path, sweep, maximize=False, stages=3, own=False).trials() == []
    search.close()


@pytest.mark.parametrize("pruner", ["successive_halving", "hyperband", "median"])
def test_every_pruner_prunes(pruner, tmp_path):
    pruning = {"rungs": [1, 2], "pruner": pruner, "reduction_factor": 2}
    sweep = sweep_of(SEARCHED | {"pruning": pruning, "trials": 20})
    states = [state for *_, state in searched(tmp_path, sweep)]
    assert set(states) == {"complete", "pruned"}


def test_a_trial_without_the_objective_is_pruned(tmp_path):
    sweep = sweep_of(SEARCHED | {"trials": 1})
    search = Search(tmp_path, sweep, maximize=False, stages=3, own=True)
    trial = search.next()
    assert trial is not None
    assert search.report(trial, 0, reached(None)) == "pruned"
    assert search.trials()[0].why == "no episode has the objective"
    search.close()


def test_the_best_is_called_better_only_where_seeds_scatter_less(tmp_path):
    info = METRICS["vx_error_m_per_s"].info

    def said_of(*seeds: tuple[float, ...]) -> str:
        sweep = sweep_of(SEARCHED | {"pruning": None, "trials": len(seeds)})
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        search = Search(folder, sweep, maximize=False, stages=1, own=True)
        for each in seeds:
            trial = search.next()
            assert trial is not None
            search.report(trial, 0, Reached(1, sum(each) / len(each), None, None, each, "run"))
        search.close()
        return how_sure(info, search.trials())

    # Spread sqrt(0.0002), two standard errors of 2 x 0.0141 = 0.028: 0.05 is further, 0.02 is not.
    assert "None of the other 1 trials" in said_of((0.10, 0.12), (0.15, 0.17))
    assert "1 of the other 1 trials" in said_of((0.10, 0.12), (0.12, 0.14))
    assert "Fewer than two trials" in said_of((0.10, 0.12))


LOG = {"low": 0.1, "high": 10.0}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ranges": {WEIGHT: {"low": 2.0, "high": 1.0}}}, "low = 2 is not below high = 1; give the smaller one as low"),
        ({"ranges": {WEIGHT: {"low": 0.0, "high": 1.0, "log": True}}}, "log needs a low above 0, and it is 0"),
        ({"ranges": {WEIGHT: {"low": 1.0}}}, "give low and high, or choices"),
        ({"ranges": {WEIGHT: {"choices": []}}}, "choices: give at least 1"),
        ({"ranges": {WEIGHT: {"choices": [1.0, 1.0]}}}, "a choice is given twice; give each once"),
        ({"ranges": {WEIGHT: {"low": 1.0, "high": 2.0, "choices": [1.0]}}}, "choices stand alone"),
        ({"ranges": {WEIGHT: {"low": 1.0, "high": 2.5, "integer": True}}}, "integer needs whole numbers"),
        ({"ranges": {WEIGHT: {"low": 1.0, "high": 2.0, "step": 0.3}}}, "must be a multiple of step = 0.3"),
        ({"ranges": {WEIGHT: {"low": 1.0, "hihg": 2.0}}}, "hihg: did you mean high"),
        ({"ranges": {"amp.stlye_weight": LOG}}, "unknown field amp.stlye_weight: did you mean style_weight"),
        ({"ranges": {"brax_ppo.num_minibatches": {"low": 1.0, "high": 8.0}}}, "must be a valid integer, not 1.0"),
        ({"ranges": {WEIGHT: {"low": -1.0, "high": 1.0}}}, r"amp.style_weight=-1.0.*greater than or equal to 0"),
        ({"ranges": {"sb3_ppo.ent_coef": LOG}}, "brax-amp does not read sb3_ppo.ent_coef; it reads env, brax_ppo, amp"),
        ({"ranges": {"brax_ppo.seed": {"choices": [0, 1]}}}, "brax_ppo.seed is set by the study and cannot be swept"),
        ({"ranges": {}}, "sweep.ranges: give at least 1"),
        ({"objective": "vx_eror"}, "no metric is called 'vx_eror'; choose one of: survival, "),
        ({"objective": "speed_m_per_s"}, "neither way of speed_m_per_s is better; choose one of: survival, "),
        ({"suites": ["wlak"]}, "wlak: not a readable suite"),
        ({"trials": 0}, "sweep.trials: must be greater than or equal to 1, not 0"),
        ({"group": "theirs"}, "the sweep is of 'theirs', and the groups are ours; name one of them"),
        ({"pruning": {"rungs": [2048, 1024]}}, "the rung 1024 does not come after 2048; give them in increasing order"),
        ({"pruning": {"rungs": [4096]}}, "the rung 4096 is not below the 4096 steps of ours; leave it out, or train"),
        ({"pruning": {"rungs": [1030, 1100]}}, "lie within one update of 256 environment steps; set them"),
        ({"pruning": {"rungs": [1024], "pruner": "none"}}, "'successive_halving', 'hyperband' or 'median'"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_sweep_is_named_before_anything_is_trained(changes, message, tmp_path, how, fake):
    with pytest.raises(UsageError, match=message) as error:
        conduct(written(tmp_path, changes), how, PROGRAMS)
    assert len(str(error.value).splitlines()) == 1
    assert said(fake) == []


@pytest.mark.parametrize(
    ("group", "message"),
    [
        ({"trainer": "brax"}, "stock brax keeps no state to go on from after a rung; take brax-amp, or leave it out"),
        ({"trainer": "sb3", "settings": ["sb3_ppo.learning_rate_schedule=LINEAR"]}, "would fall to each rung"),
    ],
)
def test_rungs_that_would_change_the_training_are_refused(group, message, tmp_path, how, fake):
    ranges = {"env.starts.count": {"low": 8, "high": 16, "integer": True}}
    name = written(
        tmp_path, {"ranges": ranges, "pruning": {"rungs": [1024]}}, groups={"ours": group | {"config": "smoke"}}
    )
    with pytest.raises(UsageError, match=message):
        conduct(name, how, PROGRAMS)


def test_a_sweep_without_optuna_is_one_sentence(tmp_path, how, fake, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(UsageError, match=r"needs Optuna; install it with: pip install .*\[sweep\]"):
        conduct(written(tmp_path), how, PROGRAMS)
    assert said(fake) == []


def test_a_sweep_on_a_cluster_asks_how_many_runs_at_a_time(tmp_path, how, fake):
    with pytest.raises(UsageError, match="--at-once N"):
        conduct(written(tmp_path), How(how.store, how.report, cluster="local"), PROGRAMS)


@pytest.mark.parametrize("trainer", ["brax-amp", "sb3", "sb3-amp", "rsl_rl"])
def test_every_trial_of_every_trainer_has_the_same_budget(trainer, tmp_path):
    sections = {"brax-amp": "brax_ppo", "rsl_rl": "rsl_rl_ppo"}
    robots = f"{sections.get(trainer, 'sb3_ppo')}.num_envs"
    changes = {"ranges": {robots: {"choices": [16, 32]}}, "pruning": {"rungs": [1024]}}
    study = load_study(written(tmp_path, changes, groups={"ours": {"trainer": trainer, "config": "smoke"}}))
    assert study.sweep is not None
    plan = SweepPlan(study, study.sweep, tmp_path, Programs())
    for count in (16, 32):
        first, last = plan.stages(0, {robots: count})
        assert [run.total_steps for run in first.runs] == [1024]
        assert [run.total_steps for run in last.runs] == [4096]
        assert last.runs[0].job.after == first.runs[0].job
    assert ("--amp" in plan.command({robots: 16})) == (trainer == "sb3-amp")


@pytest.mark.parametrize("name", [name for name in study_names() if load_study(name).sweep is not None])
def test_the_sweeps_that_come_with_the_package_can_be_planned(name, tmp_path):
    study = load_study(name)
    assert study.sweep is not None
    SweepPlan(study, study.sweep, tmp_path, Programs())


def weights(run: Path) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in load_file(run / "policy.safetensors").items()}


@pytest.mark.slow
@pytest.mark.parametrize("trainer", ["brax-amp", "sb3", "sb3-amp", "rsl_rl"])
def test_a_training_by_way_of_a_rung_is_the_one_without(trainer, tmp_path):
    """To the bit: so trials can be compared with other trainings, and the command that is given makes them again."""
    changes = {"ranges": {"env.starts.count": {"choices": [8, 16]}}, "pruning": {"rungs": [2048]}}
    study = load_study(written(tmp_path, changes, groups={"ours": {"trainer": trainer, "config": "smoke"}}))
    assert study.sweep is not None
    plan = SweepPlan(study, study.sweep, tmp_path, Programs())
    *_, last = plan.stages(0, {"env.starts.count": 8})
    job = dataclasses.replace(last.runs[0].job, measurements=())
    # As many threads as the other one has: XLA adds in another order with one.
    work(job, available_threads(), lambda: False)
    assert [path.parent.name for path in tmp_path.glob("runs/*/run.json") if path.parent != job.folder]
    command = [sys.executable, *plan.command({"env.starts.count": 8}).split()[1:], "--run", str(tmp_path / "without")]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert weights(job.folder) == weights(tmp_path / "without")


@pytest.mark.slow
def test_a_killed_sweep_of_real_trainings_goes_on_and_its_best_trial_can_be_trained_again(tmp_path):
    store, report = tmp_path / "store", tmp_path / "report"
    command = [sys.executable, "-m", "trainers", "study", "sweep", "--at-once", "1",
               "--store", str(store), "--report", str(report)]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("trial 1: ") and "steps" not in line:
            break
    process.kill()
    process.communicate()
    finished = {path: path.stat().st_mtime_ns for path in store.glob("runs/*/policy.safetensors")}
    assert len(finished) == 2, "both stages of the first trial, which is never pruned"

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    assert "is the best of 4" in done.stdout
    lines = done.stdout.splitlines()
    again, folder = (lines[lines.index(heading) + 1].strip() for heading in ("Train it again:", "Its run folder:"))
    run = [sys.executable, *again.split()[1:], "--run", str(tmp_path / "again")]
    subprocess.run(run, cwd=ROOT, check=True, capture_output=True)
    assert weights(tmp_path / "again") == weights(Path(folder))
    assert "| trial 0 | " in (report / "study.md").read_text()
