from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.policy.web.harness import served
from wildrobot.policy import load_policy
from wildrobot.policy.web import site

WALK = Path(__file__).resolve().parents[3] / "policies" / "brax-amp-walk.safetensors"


@pytest.fixture(scope="session")
def walk_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a page of the policy that ships."""
    folder = tmp_path_factory.mktemp("page") / "walk"
    site.export(load_policy(WALK), folder)
    return folder


@pytest.fixture(scope="session")
def walk_address(walk_page: Path) -> Iterator[str]:
    with served(walk_page) as address:
        yield address
