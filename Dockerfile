# The judge of the policies that are shipped, in a container:
#   docker build -t wildrobot . && docker run --rm -v "$PWD/report:/wildrobot/report" wildrobot
FROM python:3.11-slim-bookworm

# make runs the commands; OSMesa draws films without a screen. Their versions are those of the release of Debian.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --no-install-recommends --yes libosmesa6 make \
    && rm -rf /var/lib/apt/lists/*
ENV MUJOCO_GL=osmesa

WORKDIR /wildrobot
# The set-up first: it is made anew only where what it is made of has changed.
COPY Makefile README.md LICENSE pyproject.toml requirements.lock hatch_build.py ./
COPY wildrobot/__init__.py wildrobot/
RUN make .venv/.ready-train
COPY . .
# A copied file is newer than the set-up, which holds all the same.
RUN touch .venv/.ready-train

CMD ["make", "evaluate"]
