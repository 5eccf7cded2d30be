# For pyright only. MuJoCo's classes and functions live in extension modules without types, and pyright calls each of
# them an unknown attribute; here whatever is asked of `mujoco` exists and has any type.
from typing import Any

def __getattr__(name: str) -> Any: ...
