"""A judge, or one of style, that has played already: for each trainer there is FAKE/<trainer>[-style].json.

With FAKE/objective.json, a metric of every episode is how far a setting is from the best, and more with each seed.
"""

import json
import os
import sys
from pathlib import Path

fake, run = Path(os.environ["FAKE"]), Path(sys.argv[1])
style = "--reference" in sys.argv
with (fake / "said").open("a") as said:
    said.write(f"{'style' if style else 'judge'} {run.name.rpartition('-')[0]}\n")
trainer = json.loads((run / "run.json").read_text())["trainer"]
text = (fake / f"{trainer}{'-style' if style else ''}.json").read_text()
if (fake / "objective.json").is_file():
    document, asked = json.loads(text), json.loads((fake / "objective.json").read_text())
    config = json.loads((run / "config.yaml").read_text())
    section, name = asked["setting"].split(".")
    value = abs(config[section][name] - asked["best"]) + asked["per_seed"] * config["brax_ppo"]["seed"]
    for suite in document["policies"][0]["suites"].values():
        for case in suite["cases"].values():
            its = case["metrics"][asked["metric"]]
            its |= {"value": value, "low": value, "high": value, "values": [value] * len(its["values"])}
    text = json.dumps(document)
Path(sys.argv[sys.argv.index("--json") + 1]).write_text(text)
