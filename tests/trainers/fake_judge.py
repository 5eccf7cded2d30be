"""A judge, or one of style, that has played already: for each trainer there is FAKE/<trainer>[-style].json."""

import json
import os
import shutil
import sys
from pathlib import Path

fake, run = Path(os.environ["FAKE"]), Path(sys.argv[1])
style = "--reference" in sys.argv
with (fake / "said").open("a") as said:
    said.write(f"{'style' if style else 'judge'} {run.name.rpartition('-')[0]}\n")
trainer = json.loads((run / "run.json").read_text())["trainer"]
shutil.copyfile(fake / f"{trainer}{'-style' if style else ''}.json", sys.argv[sys.argv.index("--json") + 1])
