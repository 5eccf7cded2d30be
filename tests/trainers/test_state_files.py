"""The complete state of a training in files, to the bit, and what is refused."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import SingleDeviceSharding

from trainers.brax.amp.state_files import read_state, write_state
from trainers.digests import Damaged

TREE = {
    "key": jax.random.PRNGKey(7),
    "nested": [jnp.array([[1.5, jnp.nan, -0.0], [jnp.inf, 1e-45, 2.0]]), jnp.array(True)],
    "count": jnp.uint32(4_000_000_000),
}


def like(tree):
    place = SingleDeviceSharding(jax.devices()[0])
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=place), tree)


def test_it_comes_back_to_the_bit(tmp_path):
    for tree in ({"older": jnp.zeros(3)}, TREE):
        write_state(tmp_path / "state", tree)
    read = read_state(tmp_path / "state", like(TREE))
    assert jax.tree.structure(read) == jax.tree.structure(TREE)
    for found, expected in zip(jax.tree.leaves(read), jax.tree.leaves(TREE), strict=True):
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
        assert np.asarray(found).tobytes() == np.asarray(expected).tobytes()


def test_parts_of_two_processes_are_put_together(tmp_path):
    """As two processes with one device each write an array of 3 x 2: the last row by the second."""
    whole = np.arange(6.0, dtype=np.float32).reshape(3, 2)
    for file, arrays in (("0.npz", {"a@0,0": whole[:2]}), ("1.npz", {"a@2,0": whole[2:]})):
        parts: Any = arrays
        np.savez(tmp_path / file, **parts)
    read = read_state(tmp_path, like({"a": jnp.asarray(whole)}))
    np.testing.assert_array_equal(read["a"], whole)
    (tmp_path / "1.npz").unlink()
    with pytest.raises(Damaged, match=r"its a is not float32\[3, 2\], as this training needs it"):
        read_state(tmp_path, like({"a": jnp.asarray(whole)}))


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (TREE | {"count": jnp.uint32([1, 2])}, r"its count is not uint32\[2\]"),
        (TREE | {"count": jnp.float32(1)}, r"its count is not float32\[\]"),
        (TREE | {"more": jnp.zeros(2)}, r"its more is not float32\[2\]"),
        ({"key": TREE["key"]}, "its state holds count, which this training has not"),
    ],
)
def test_another_tree_is_refused(tmp_path, other, message):
    write_state(tmp_path / "state", TREE)
    with pytest.raises(Damaged, match=message):
        read_state(tmp_path / "state", like(other))


def test_a_damaged_file_is_refused(tmp_path):
    write_state(tmp_path / "state", TREE)
    file = tmp_path / "state" / "0.npz"
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(Damaged, match="its state cannot be read"):
        read_state(tmp_path / "state", like(TREE))
