"""Optuna's part of a sweep: it chooses settings, decides who goes on at a rung, and keeps all of it in a journal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from pydantic import JsonValue

from trainers.lock import RunLock
from trainers.study.ranges import Pruning, Sweep, Swept
from trainers.study.sweep.objective import Reached
from wildrobot.errors import UsageError
from wildrobot.files import make_folder

State = Literal["complete", "pruned", "impossible", "open"]
_JOURNAL, _NAME = "optuna.journal", "sweep"
_RUNG, _PASSED, _WHY = "rung_{}", "rungs_passed", "why"
"""Attributes of Optuna's trials: what was reached at a rung, the rungs after which it went on, and why it ended."""


@dataclass(frozen=True)
class Trial:
    """One trial as it stands.

    Attributes:
      number: from 0.
      values: of the settings that are swept, by dotted path.
      state: `complete`: trained to its end; `pruned`: ended at a rung; `impossible`: settings that do not go together;
        `open`: not at its end, be it at work, cut or failed.
      reached: at each rung and at the end, as far as it came.
      passed: rungs after which it was to go on.
      why: it has ended before its time, where that is known; empty otherwise.
    """

    number: int
    values: Mapping[str, JsonValue]
    state: State
    reached: tuple[Reached, ...]
    passed: int
    why: str


class Search:
    """The trials of a sweep, in a journal that holds every step of theirs from the moment that it is taken."""

    def __init__(self, folder: Path, sweep: Sweep, *, maximize: bool, stages: int, own: bool):
        """Opens the journal, or begins it.

        Args:
          folder: of the sweep.
          sweep: what was asked for.
          maximize: whether more of the objective is better.
          stages: rungs, and the end.
          own: whether trials are to be done; otherwise the journal is only read, also while another process owns it.

        Raises:
          UsageError: if Optuna is not installed, or another process has the sweep at work.
        """
        self._optuna = _optuna()
        self._sweep, self._stages = sweep, stages
        journal = folder / _JOURNAL
        self._lock = None
        if own:
            make_folder(folder)
            self._lock = RunLock(folder, remedy="wait for its end, or end it, before the sweep goes on")
            _mend(journal)
        storages = self._optuna.storages
        if own or journal.is_file():
            storage = storages.JournalStorage(storages.journal.JournalFileBackend(str(journal)))
        else:
            storage = storages.InMemoryStorage()
        pruner = self._pruner(sweep.pruning)
        if _NAME in self._optuna.get_all_study_names(storage):
            self._study = self._optuna.load_study(study_name=_NAME, storage=storage, pruner=pruner)
        else:
            direction = "maximize" if maximize else "minimize"
            self._study = self._optuna.create_study(
                study_name=_NAME, storage=storage, direction=direction, pruner=pruner
            )
        self._handles: dict[int, Any] = {}
        self._left = self._to_do()

    def close(self) -> None:
        """Lets another process have the sweep."""
        if self._lock is not None:
            self._lock.close()

    def next(self) -> Trial | None:
        """A trial that is to go on, from where it is; None where no more are asked for."""
        return next(self._left, None)

    def trials(self) -> list[Trial]:
        """All of them, by number."""
        return [self._as_trial(each) for each in self._study.get_trials(deepcopy=False)]

    def report(self, trial: Trial, stage: int, reached: Reached) -> State:
        """Takes note of what a trial has reached at a rung or at its end, and says what becomes of it.

        Args:
          trial: the trial.
          stage: the rung, from 0; the end comes after the last.
          reached: there.
        """
        handle = self._handles[trial.number]
        handle.set_user_attr(_RUNG.format(stage), reached.to_json())
        if reached.value is None:
            return self._end(trial.number, "pruned", "no episode has the objective")
        if stage == self._stages - 1:
            self._study.tell(trial.number, reached.value)
            return "complete"
        if (step := self._step(stage)) not in self._frozen(trial.number).intermediate_values:  # by a process before
            handle.report(reached.value, step)
        if handle.should_prune():
            return self._end(trial.number, "pruned", "")
        # Told apart from the report, so that a sweep that is started again does not ask once more.
        handle.set_user_attr(_PASSED, stage + 1)
        return "open"

    def impossible(self, trial: Trial, why: str) -> None:
        """Ends a trial whose settings do not go together."""
        self._end(trial.number, "impossible", why)

    def _end(self, number: int, state: State, why: str) -> State:
        states = self._optuna.trial.TrialState
        self._handles[number].set_user_attr(_WHY, why)
        self._study.tell(number, state=states.PRUNED if state == "pruned" else states.FAIL)
        return state

    def _to_do(self) -> Iterator[Trial]:
        """First the trials that an earlier process has left open, then new ones."""
        for trial in self.trials():
            if trial.state == "open":
                self._study.sampler = self._sampler(trial.number)
                frozen_id = self._frozen(trial.number)._trial_id
                # It may have been cut in the midst of its settings.
                yield self._suggested(self._optuna.Trial(self._study, frozen_id))
        while (number := len(self._study.get_trials(deepcopy=False))) < self._sweep.trials:
            # By number, so that a sweep that was cut goes on as if it had not been.
            self._study.sampler = self._sampler(number)
            yield self._suggested(self._study.ask())

    def _suggested(self, handle: Any) -> Trial:
        for path, swept in sorted(self._sweep.ranges.items()):
            _suggest(handle, path, swept)
        self._handles[handle.number] = handle
        return self._as_trial(self._frozen(handle.number))

    def _frozen(self, number: int) -> Any:
        return self._study.get_trials(deepcopy=False)[number]

    def _as_trial(self, frozen: Any) -> Trial:
        states = self._optuna.trial.TrialState
        known: dict[Any, State] = {
            states.COMPLETE: "complete", states.PRUNED: "pruned", states.FAIL: "impossible",
        }  # fmt: skip
        attributes = frozen.user_attrs
        names = [_RUNG.format(stage) for stage in range(self._stages)]
        return Trial(
            number=frozen.number,
            values={path: _value(swept, frozen.params.get(path)) for path, swept in self._sweep.ranges.items()},
            state=known.get(frozen.state, "open"),
            reached=tuple(Reached.from_json(attributes[name]) for name in names if name in attributes),
            passed=attributes.get(_PASSED, 0),
            why=attributes.get(_WHY, ""),
        )

    def _sampler(self, number: int) -> Any:
        seed = int(np.random.SeedSequence([self._sweep.seed, number]).generate_state(1)[0])
        return self._optuna.samplers.TPESampler(seed=seed)

    def _step(self, stage: int) -> int:
        """The step under which a rung is reported.

        Optuna's halving wants each rung so many times further than the one before; a sweep's are where its file says.
        """
        return self._factor**stage

    @property
    def _factor(self) -> int:
        return self._sweep.pruning.reduction_factor if self._sweep.pruning is not None else 1

    def _pruner(self, pruning: Pruning | None) -> Any:
        pruners = self._optuna.pruners
        if pruning is None:
            return pruners.NopPruner()
        if pruning.pruner == "median":
            return pruners.MedianPruner()
        if pruning.pruner == "hyperband":
            end = self._step(self._stages - 1)
            return pruners.HyperbandPruner(min_resource=1, max_resource=end, reduction_factor=self._factor)
        return pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=self._factor)


def override(path: str, value: Any) -> str:
    """A setting as on the command line."""
    return f"{path}={json.dumps(value)}"


def _suggest(handle: Any, path: str, swept: Swept) -> None:
    if swept.choices is not None:
        # As text: Optuna's choices are no lists.
        handle.suggest_categorical(path, [json.dumps(choice) for choice in swept.choices])
    elif swept.integer:
        low, high = swept.ends
        handle.suggest_int(path, low, high, log=swept.log, step=int(swept.step or 1))
    else:
        low, high = swept.ends
        handle.suggest_float(path, low, high, log=swept.log, step=swept.step)


def _value(swept: Swept, value: Any) -> JsonValue:
    return json.loads(value) if swept.choices is not None and value is not None else cast(JsonValue, value)


def _mend(journal: Path) -> None:
    """Removes what a kill or a power cut can leave: the start of a line, and Optuna's own lock, which has no owner."""
    journal.with_name(journal.name + ".lock").unlink(missing_ok=True)
    if journal.is_file():
        data = journal.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if whole != data:
            with journal.open("r+b") as file:
                file.truncate(len(whole))


def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise UsageError(
            'a sweep needs Optuna; install it with: pip install -c requirements.lock -e ".[sweep]"'
        ) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
