"""The neutral policy and its file: what comes back, and what is refused."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import safetensors.numpy

from tests.policy.networks import info, interface, network
from wildrobot.errors import UsageError
from wildrobot.policy import Layer, Policy, act
from wildrobot.policy import file as policy_file


def by_hand(**changes) -> Policy:
    """Two entries, two hidden, two joints."""
    fields = {
        "layers": (
            Layer(np.array([[2, -1], [0, 0]], np.float32), np.array([-0.5, 0], np.float32)),
            Layer(np.array([[1, -0.5], [0, 0]], np.float32), np.zeros(2, np.float32)),
        ),
        "noise": Layer(np.array([[2, 0], [0, 0]], np.float32), np.array([-3, np.log(0.5)], np.float32)),
        "noise_transform": "exp",
        "activation": "relu",
        "squash": "clip",
        "observation_mean": np.array([1, 0], np.float32),
        "observation_std": np.array([2, 1], np.float32),
        "observation_clip": None,
        "interface": interface(observation_layout=(("gyro", 2),)),
        "info": info(),
    }
    return Policy(**fields | changes)


def test_the_formula_by_hand():
    # z = ((3 - 1) / 2, 0) = (1, 0); hidden: relu(2 - 0.5, -1) = (1.5, 0); out: clip(1.5, -0.75) = (1, -0.75).
    np.testing.assert_array_equal(by_hand().apply(np.array([3, 0], np.float32)), [1.0, -0.75])


@pytest.mark.parametrize(
    ("transform", "expected"),
    # Means (1.5, -0.75); raw deviations: (1.5 * 2 - 3, log 0.5) = (0, log 0.5); normals (-1, 2).
    [
        ("exp", [1.5 - 1.0, -0.75 + 2 * 0.5]),
        ("softplus", [1.5 - (np.log(2.0) + 0.001), -0.75 + 2 * (np.log(1.5) + 0.001)]),
    ],
)
@pytest.mark.parametrize("squash", ["clip", "tanh"])
def test_the_drawn_action_by_hand(transform, expected, squash):
    policy = by_hand(noise_transform=transform, squash=squash)
    drawn = act(policy.structure, policy.parameters, jnp.array([3.0, 0.0]), jnp.array([-1.0, 2.0]))
    np.testing.assert_allclose(drawn, np.tanh(expected) if squash == "tanh" else expected, atol=1e-6)


@pytest.mark.parametrize("activation", ["swish", "elu", "relu", "tanh"])
@pytest.mark.parametrize(("squash", "clip"), [("tanh", None), ("clip", 2.0)])
def test_numpy_and_jax_agree(activation, squash, clip):
    policy = network(activation, squash, clip)
    observation = np.random.default_rng(1).normal(0, 5, (32, 5)).astype(np.float32)
    expected = policy.apply(observation)
    assert expected.shape == (32, 2)
    assert expected.dtype == np.float32
    jitted = jax.jit(act, static_argnums=0)
    for normal in (None, jnp.zeros((32, 2))):
        actions = jitted(policy.structure, policy.parameters, jnp.asarray(observation), normal)
        np.testing.assert_allclose(actions, expected, atol=5e-6)


def test_the_normalised_observation_is_clipped():
    policy = network(squash="clip", clip=2.0)
    far = policy.observation_mean + np.float32(100) * policy.observation_std
    edge = policy.observation_mean + np.float32(2) * policy.observation_std
    np.testing.assert_allclose(policy.apply(far), policy.apply(edge), atol=1e-5)


def test_no_warning_and_no_nan_far_out():
    for activation in ("swish", "elu", "relu", "tanh"):
        assert np.isfinite(network(activation).apply(np.full(5, -1e6, np.float32))).all()


@pytest.mark.parametrize(("squash", "clip"), [("tanh", None), ("clip", 10.0)])
def test_round_trip(tmp_path, squash, clip):
    policy = network("elu", squash, clip)
    policy.save(tmp_path / "policy.safetensors")
    loaded = Policy.load(tmp_path / "policy.safetensors")
    assert (loaded.interface, loaded.info) == (policy.interface, policy.info)
    assert loaded.structure == policy.structure == ("elu", squash, clip, "softplus")
    jax.tree.map(np.testing.assert_array_equal, loaded.parameters, policy.parameters)
    assert [path.name for path in tmp_path.iterdir()] == ["policy.safetensors"]  # no temporary file stays


def test_saving_replaces_the_old_file(tmp_path):
    path = tmp_path / "policy.safetensors"
    path.write_text("old")
    network().save(path)
    Policy.load(path)


def test_a_transposed_kernel_is_saved_as_it_is(tmp_path):
    policy = network()
    first = policy.layers[0]
    transposed = Layer(np.asfortranarray(first.kernel), first.bias)
    dataclasses.replace(policy, layers=(transposed, *policy.layers[1:])).save(tmp_path / "p")
    np.testing.assert_array_equal(Policy.load(tmp_path / "p").layers[0].kernel, first.kernel)


def test_saving_where_one_cannot_write(tmp_path):
    with pytest.raises(UsageError, match=r"cannot write .*No such file"):
        network().save(tmp_path / "missing" / "policy.safetensors")


def write_raw(path, change_header=lambda header: header, change_arrays=lambda arrays: arrays, **metadata):
    """A file of the right container with altered contents."""
    network().save(path)
    header, arrays = policy_file.read(path)
    policy_file.write(path, change_header(header), change_arrays(arrays))
    if metadata:
        with safetensors.safe_open(path, framework="numpy") as file:
            path.write_bytes(safetensors.numpy.save(dict(arrays), file.metadata() | metadata))


def without(name):
    return lambda tree: {key: value for key, value in tree.items() if key != name}


def put(name, value):
    return lambda tree: tree | {name: value}


BAD_FILES = {
    "text": (lambda path: path.write_text("not a policy"), "not a policy file, or it is truncated"),
    "empty": (lambda path: path.write_bytes(b""), "not a policy file, or it is truncated"),
    "folder": (lambda path: path.mkdir(), "cannot read the policy.*Is a directory"),
    "missing": (lambda path: None, "cannot read the policy.*No such file"),
    "foreign": (
        lambda path: path.write_bytes(safetensors.numpy.save({"weight": np.zeros(3)}, {"format": "pt"})),
        "not a policy of the format 'wildrobot-policy'",
    ),
    "no_metadata": (
        lambda path: path.write_bytes(safetensors.numpy.save({"weight": np.zeros(3)})),
        "not a policy of the format 'wildrobot-policy'",
    ),
    "newer": (
        lambda path: write_raw(path, version="99"),
        "a policy file of version 99, newer than this program, which rea",
    ),
    "no_version": (lambda path: write_raw(path, version="2.5"), "not a policy of the format 'wildrobot-policy'"),
    "older_than_it_says": (lambda path: write_raw(path, version="2"), "its header is not one of version 2 .*'action'"),
    "interface": (
        lambda path: write_raw(path, put("interface", {})),
        "header field interface.robot: Field required",
    ),
    "altered_header": (lambda path: write_raw(path, header="{}"), "does not match its own checksum"),
    "header_key": (lambda path: write_raw(path, without("squash")), "header field squash: Field required"),
    "header_value": (lambda path: write_raw(path, put("activation", "gelu")), "header field activation"),
    "transform": (lambda path: write_raw(path, put("noise_transform", "square")), "header field noise_transform"),
    "array": (lambda path: write_raw(path, change_arrays=without("layer_1.bias")), "missing.*layer_1.bias"),
    "shape": (
        lambda path: write_raw(path, change_arrays=put("layer_1.kernel", np.zeros((8, 3), np.float32))),
        r"layer_1.kernel has the shape \(8, 3\) instead of \(8, 4\)",
    ),
    "noise": (
        lambda path: write_raw(path, change_arrays=put("noise.kernel", np.zeros((5, 2), np.float32))),
        r"noise.kernel has the shape \(5, 2\) instead of \(4, 2\)",
    ),
    "inputs": (
        lambda path: write_raw(path, change_arrays=put("observation.mean", np.zeros(4, np.float32))),
        r"observation.mean has the shape \(4,\) instead of \(5,\)",
    ),
    "type": (
        lambda path: write_raw(path, change_arrays=put("layer_0.bias", np.zeros(8))),
        "layer_0.bias has the type float64 instead of float32",
    ),
    "nan": (
        lambda path: write_raw(path, change_arrays=put("layer_2.bias", np.array([0, np.nan], np.float32))),
        "layer_2.bias contains NaN or infinity",
    ),
    "infinity": (
        lambda path: write_raw(path, change_arrays=put("observation.std", np.full(5, np.inf, np.float32))),
        "observation.std contains NaN or infinity",
    ),
    "zero_std": (
        lambda path: write_raw(path, change_arrays=put("observation.std", np.zeros(5, np.float32))),
        "observation.std has entries that are not positive",
    ),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path, case):
    make, message = BAD_FILES[case]
    path = tmp_path / "policy.safetensors"
    make(path)
    with pytest.raises(UsageError, match=message) as error:
        Policy.load(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_truncated_file_is_refused(tmp_path):
    path = tmp_path / "policy.safetensors"
    network().save(path)
    whole = path.read_bytes()
    for length in (4, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(UsageError, match="truncated"):
            Policy.load(path)


def test_one_flipped_bit_is_noticed(tmp_path):
    path = tmp_path / "policy.safetensors"
    network().save(path)
    whole = bytearray(path.read_bytes())
    whole[-3] ^= 1
    path.write_bytes(whole)
    with pytest.raises(UsageError, match="does not match its own checksum"):
        Policy.load(path)
