"""The documentation as a site, by Sphinx: `make docs`. A warning, as of a broken link, ends the build."""

from pathlib import Path
from typing import Any

from wildrobot import __version__

project = "WildRobot"
copyright = "The WildRobot contributors"
release = __version__
extensions = ["myst_parser"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"WildRobot {__version__}"
html_copy_source = False
html_show_sphinx = False

_ROOT = Path(__file__).resolve().parents[1]
_OUTSIDE = {"index": "README.md", "contributing": "CONTRIBUTING.md", "policies": "policies/README.md"}
"""Pages whose text is a file outside docs/; what stands in docs/ itself follows it."""
_LINKS = {
    "](docs/lab)": "](lab/fresh_robot.md)",
    "](docs/": "](",
    "](../docs/": "](",
    "](policies/README.md)": "](policies.md)",
    "](../../policies/README.md)": "](../policies.md)",
    "](CONTRIBUTING.md)": "](contributing.md)",
    "](LICENSE)": "](../LICENSE)",
}
"""Links that mean the same file, from where the site has the page."""


def _read(app: Any, page: str, source: list[str]) -> None:
    text = source[0]
    if page in _OUTSIDE:
        text = (_ROOT / _OUTSIDE[page]).read_text(encoding="utf-8") + text
    for link, on_site in _LINKS.items():
        text = text.replace(link, on_site)
    source[0] = text


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("source-read", _read)
