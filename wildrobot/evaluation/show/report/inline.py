"""What goes into the page whole: the plotting library, the numbers of the plots, and the films."""

from __future__ import annotations

import base64
import functools
import gzip
import json
from typing import Any

from plotly.offline import get_plotlyjs


@functools.cache
def library() -> str:
    """Plotly's JavaScript, packed."""
    return packed(get_plotlyjs())


def packed_tree(tree: dict[str, Any]) -> str:
    """The numbers of the plots, packed."""
    return packed(json.dumps(tree, allow_nan=False, ensure_ascii=False, separators=(",", ":")))


def packed(text: str) -> str:
    """Base64 of gzip: less than half as long, read only when it is needed, and free of all that could end a script."""
    # Without the time, so that the same results give the same page.
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
