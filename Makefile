# WildRobot's front door. `make` lists the commands; each does the set-up it needs, once, into .venv.

.DEFAULT_GOAL := help
.PHONY: help setup train-brax train-sb3-baseline train-rsl-rl verdict evaluate diagnose compare named-runs play motions docs test test-slow check format bench lock clean
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules

# Candidates, best first: the first that is Python 3.11 or newer makes the environment.
PYTHON ?= python3.11 python3 python3.12 python3.13
# Passed on to the command, for example ARGS="brax_ppo.seed=1".
ARGS ?=

VENV := .venv
PY := $(VENV)/bin/python
PIP_INSTALL := -m pip install -qq --disable-pip-version-check --no-input
NOW := $(shell date +%Y%m%d-%H%M%S)

help: ## list the commands
	@echo 'make COMMAND [RUN=folder] [RUNS="folder folder"] [ARGS="..."]'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready-dev ## install everything that the commands below use

train-brax: RUN ?= runs/brax-$(NOW)
train-brax: $(VENV)/.ready-train ## train the walk with Brax PPO + AMP into RUN (default runs/brax-<time>), then score it
	$(PY) -m trainers brax-amp --run "$(RUN)" $(ARGS)
	$(PY) -m wildrobot.evaluation "$(RUN)" --no-gate

# The newest run of `make train-brax`, to be shown beside the others.
NEWEST_BRAX = $(dir $(shell ls -t runs/brax-*/policy.safetensors 2>/dev/null | head -n 1))

train-sb3-baseline: RUN ?= runs/sb3-$(NOW)
train-sb3-baseline: $(VENV)/.ready-sb3 ## train the same with Stable-Baselines3 PPO, score it, beside the newest Brax run
	$(PY) -m trainers sb3 --run "$(RUN)" $(ARGS)
	$(PY) -m wildrobot.evaluation "$(RUN)" $(if $(NEWEST_BRAX),"$(NEWEST_BRAX)") --no-gate

train-rsl-rl: RUN ?= runs/rsl-rl-$(NOW)
train-rsl-rl: $(VENV)/.ready-rsl_rl ## train the same with RSL-RL's PPO, score it, beside the newest Brax run
	$(PY) -m trainers rsl_rl --run "$(RUN)" $(ARGS)
	$(PY) -m wildrobot.evaluation "$(RUN)" $(if $(NEWEST_BRAX),"$(NEWEST_BRAX)") --no-gate

STUDY ?= verdict

verdict: $(VENV)/.ready-verdict ## robot, task or trainer: train and judge what STUDY asks for (default verdict: 35 runs), or go on
	$(PY) -m trainers study "$(STUDY)" $(ARGS)

evaluate: $(VENV)/.ready-train ## judge RUN, a run folder or a policy file; without RUN, what policies/ holds, in short
	$(PY) -m wildrobot.evaluation $(if $(RUN),"$(RUN)",--quick) $(ARGS)

diagnose: $(VENV)/.ready-train ## is it the robot, the task or the trainer? Of RUN; without RUN, of configs/walk.yaml untrained
	$(PY) -m wildrobot.evaluation.diagnose $(if $(RUN),"$(RUN)",--config walk) $(ARGS)

compare: named-runs $(VENV)/.ready-train ## which of RUNS="a b ..." is better, by how much, and is that sure
	$(PY) -m wildrobot.evaluation $(RUNS) --report runs/compare-$(NOW) --no-gate $(ARGS)

named-runs:
	@test -n "$(RUNS)" || { echo 'Which runs? Name their folders: make compare RUNS="runs/... runs/..."' >&2; exit 2; }

play: $(VENV)/.ready-play ## drive RUN in the browser, a run folder or a policy file; without RUN, what policies/ holds
	$(PY) -m wildrobot.play $(if $(RUN),"$(RUN)") $(ARGS)

motions: $(VENV)/.ready-motion ## compute the reference motions anew, measure them, and write those that pass
	$(PY) -m wildrobot.motion generate $(ARGS)

docs: $(VENV)/.ready-docs ## build the documentation as a site, with all links checked, into build/site
	$(PY) -m sphinx -q -n -W --keep-going -b html -d .cache/sphinx docs build/site
	@echo 'Documentation: build/site/index.html'

# Most of what tests do is compile programs that then run for a second: hardly optimised, they compile in a sixth of the
# time. The slow tests have them as users do.
FAST_COMPILATION := JAX_DISABLE_MOST_OPTIMIZATIONS=1 XLA_FLAGS=--xla_cpu_use_fusion_emitters=false

test: $(VENV)/.ready-test ## run the tests, but for the slow ones
	$(FAST_COMPILATION) $(PY) -m pytest -m "not slow" -n auto --maxprocesses 4 --dist loadfile $(ARGS)

test-slow: $(VENV)/.ready-test ## run the slow tests
	$(PY) -m pytest -m slow $(ARGS)

check: $(VENV)/.ready-dev ## lint, format, imports and types, without changing a file
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(VENV)/bin/lint-imports --no-cache --no-logo
	$(VENV)/bin/hadolint Dockerfile
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(PY) -m pyright --pythonpath $(PY)

format: $(VENV)/.ready-dev ## mend what lint can mend, and format
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: $(VENV)/.ready-bench ## measure the speed, against what one would use instead
	$(PY) -m benchmarks $(ARGS)

clean: ## remove caches and build products; .venv and runs stay
	rm -rf build dist .cache .pytest_cache .ruff_cache *.egg-info
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

# --- set-up ---------------------------------------------------------------------------------------------------------

EXTRAS_train := brax,report,video
# The discriminator of `--amp` is made of Brax's parts.
EXTRAS_sb3 := brax,sb3,report,video
EXTRAS_rsl_rl := rsl_rl,report,video
EXTRAS_verdict := brax,rsl_rl,sb3,report,style,sweep,video
EXTRAS_bench := brax,sb3,report,video
EXTRAS_motion := motion,report,video
EXTRAS_docs := docs
EXTRAS_play := play,video
EXTRAS_test := test,video
EXTRAS_dev := dev,test,video
# A set that holds another one makes that ready too.
COVERS_train := train
COVERS_sb3 := sb3 train
COVERS_rsl_rl := rsl_rl
COVERS_verdict := verdict train sb3 rsl_rl
COVERS_bench := bench train sb3
COVERS_motion := motion
COVERS_docs := docs
COVERS_play := play
COVERS_test := test train sb3 rsl_rl verdict bench motion docs play
COVERS_dev := dev test train sb3 rsl_rl verdict bench motion docs play

# Shell text that leaves in $python the first usable candidate, or ends with what to do.
define find_python
python=; tried=; \
for candidate in $(PYTHON); do \
	version=$$($$candidate -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || version='not there'; \
	if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$candidate; break; fi; \
	tried="$$tried $$candidate ($$version)"; \
done; \
if [ -z "$$python" ]; then \
	echo "WildRobot needs Python 3.11 or newer. Tried:$$tried." >&2; \
	echo 'Install it, or say where it is: make COMMAND PYTHON=path/to/python3.11' >&2; \
	exit 1; \
fi
endef

# The stamp is touched last, so an interrupted set-up leaves none; it leaves .unfinished, and the next one starts afresh.
# An environment that works (a pip, a new enough Python) is kept.
$(VENV)/.ready-%: pyproject.toml requirements.lock
	@if test -e $(VENV)/.unfinished; then \
		echo 'The last set-up was interrupted: starting afresh.'; \
		rm -rf $(VENV); \
	fi
	@if ! { $(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' && $(PY) -m pip --version; } >/dev/null 2>&1; then \
		$(find_python); \
		echo "Making $(VENV) with $$python ..."; \
		mkdir -p $(VENV) && touch $(VENV)/.unfinished; \
		$$python -m venv $(VENV) && $(PY) -m pip --version >/dev/null 2>&1 || $$python -m venv --clear $(VENV); \
	fi
	@echo 'Installing [$(EXTRAS_$*)] into $(VENV): the first time 1 to 3 minutes and 1.5 to 3 GB, later seconds ...'
	@touch $(VENV)/.unfinished
	@$(PY) $(PIP_INSTALL) -c requirements.lock -e '.[$(EXTRAS_$*)]' || { rm $(VENV)/.unfinished; exit 1; }
	@rm $(VENV)/.unfinished
	@touch $(COVERS_$*:%=$(VENV)/.ready-%)

# Without the name of a local build (torch==2.13.0+cpu), which another index would not have.
lock: ## write requirements.lock anew: the newest versions that pyproject.toml allows
	@$(find_python); \
	folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT INT TERM && \
	echo "Installing every extra into a fresh environment with $$python: 1 to 3 minutes ..." && \
	$$python -m venv "$$folder" && \
	"$$folder/bin/python" $(PIP_INSTALL) '.[brax,rsl_rl,sb3,video,warp,test,dev]' && \
	{ \
		echo '# Exact versions of all that WildRobot and its extras install, written by `make lock`. Constraints for pip:'; \
		echo '#   pip install -c requirements.lock -e ".[brax]"'; \
		"$$folder/bin/python" -m pip freeze --disable-pip-version-check --exclude wildrobot | sed 's/+[a-z0-9.]*$$//'; \
	} > "$$folder/requirements.lock" && \
	cp "$$folder/requirements.lock" requirements.lock && \
	echo "requirements.lock: $$(grep -c == requirements.lock) versions."
