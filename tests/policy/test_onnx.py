"""Policies as ONNX: the same numbers in ONNX Runtime, the same arrays back, and nothing altered gets through."""

import base64
import dataclasses

import jax
import numpy as np
import onnx
import onnxruntime
import pytest
import safetensors.numpy
from onnx import helper, numpy_helper

from tests.policy.networks import network
from wildrobot.errors import UsageError
from wildrobot.policy import Layer, Policy, file, onnx_file


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "policy.onnx"
    onnx.save(onnx_file.build(network()), path)
    return path


@pytest.mark.parametrize("activation", ["swish", "elu", "relu", "tanh"])
@pytest.mark.parametrize(("squash", "clip"), [("tanh", None), ("clip", 2.0)])
def test_onnx_runtime_computes_the_same(activation, squash, clip):
    policy = network(activation, squash, clip)
    session = onnxruntime.InferenceSession(onnx_file.build(policy).SerializeToString())
    (given,), (wanted,) = session.get_inputs(), session.get_outputs()
    assert (given.name, given.shape, given.type) == ("observation", [1, 5], "tensor(float)")
    assert (wanted.name, wanted.shape, wanted.type) == ("action", [1, 2], "tensor(float)")
    observations = np.random.default_rng(1).normal(0.0, 5.0, (64, 5)).astype(np.float32)
    actions = np.concatenate([np.asarray(session.run(None, {"observation": row[None]})[0]) for row in observations])
    np.testing.assert_allclose(actions, policy.apply(observations), atol=1e-5)


@pytest.mark.parametrize(("squash", "clip"), [("tanh", None), ("clip", 2.0)])
def test_round_trip(tmp_path, squash, clip):
    policy = network("elu", squash, clip)
    onnx.save(onnx_file.build(policy), tmp_path / "policy.onnx")
    policy.save(tmp_path / "policy.safetensors")
    read = onnx_file.read(tmp_path / "policy.onnx")
    jax.tree.map(np.testing.assert_array_equal, read.parameters, policy.parameters)
    assert (read.structure, read.interface, read.info) == (policy.structure, policy.interface, policy.info)
    assert read.sha256 == policy.sha256 == Policy.load(tmp_path / "policy.safetensors").sha256


def test_a_transposed_kernel_is_written_as_it_is(tmp_path):
    policy = network()
    noise, first = (Layer(np.asfortranarray(x.kernel), x.bias) for x in (policy.noise, policy.layers[0]))
    transposed = dataclasses.replace(policy, noise=noise, layers=(first, *policy.layers[1:]))
    onnx.save(onnx_file.build(transposed), tmp_path / "policy.onnx")
    jax.tree.map(np.testing.assert_array_equal, onnx_file.read(tmp_path / "policy.onnx").parameters, policy.parameters)


def weight(model: onnx.ModelProto, name: str = "layer_1.bias") -> onnx.TensorProto:
    return next(tensor for tensor in model.graph.initializer if tensor.name == name)


def put_weight(model, change):
    tensor = weight(model)
    tensor.CopyFrom(numpy_helper.from_array(change(numpy_helper.to_array(tensor)), tensor.name))


def put_metadata(model, **changes):
    described = {entry.key: entry.value for entry in model.metadata_props} | changes
    del model.metadata_props[:]
    helper.set_model_props(model, described)


def put_noise(model):
    noise = network().noise
    packed = safetensors.numpy.save({"noise.kernel": noise.kernel, "noise.bias": noise.bias + np.float32(1)})
    put_metadata(model, noise=base64.b64encode(packed).decode())


def put_bias(model, array):
    """An unusable array that the checksum vouches for."""
    header, arrays = network().packed()
    put_weight(model, lambda _: array)
    put_metadata(model, **file.metadata(header, arrays | {"layer_1.bias": array}))


ALTERED = {
    "a_weight": (lambda model: put_weight(model, lambda bias: bias + np.float32(1e-3)), "its own checksum"),
    "the_noise": (put_noise, "its own checksum"),
    "the_header": (lambda model: put_metadata(model, header="{}"), "its own checksum"),
    "no_noise": (lambda model: put_metadata(model, noise="?"), "its arrays cannot be read"),
    "nan": (
        lambda model: put_bias(model, np.full(4, np.nan, np.float32)),
        "layer_1.bias contains NaN or infinity",
    ),
    "a_wrong_shape": (
        lambda model: put_bias(model, np.zeros((2, 2), np.float32)),
        r"layer_1.bias has the shape \(2, 2\) instead of \(4,\)",
    ),
    "no_metadata": (lambda model: model.ClearField("metadata_props"), "not a policy of the format"),
    "a_newer_version": (lambda model: put_metadata(model, version="99"), "version 99, newer than this program"),
    "the_graph": (
        lambda model: setattr(model.graph.node[-1], "op_type", "Sigmoid"),
        "does not compute what its own header says",
    ),
    "another_array": (
        lambda model: model.graph.initializer.append(numpy_helper.from_array(np.zeros(1, np.float32), "more")),
        "its own checksum",
    ),
    "an_array_elsewhere": (
        lambda model: setattr(weight(model), "data_location", onnx.TensorProto.EXTERNAL),
        "layer_1.bias lies outside of the file",
    ),
}


@pytest.mark.parametrize("case", ALTERED)
def test_an_altered_file_is_refused_in_one_sentence(path, case):
    alter, message = ALTERED[case]
    model = onnx.load(path)
    alter(model)
    path.write_bytes(model.SerializeToString())
    with pytest.raises(UsageError, match=message) as error:
        onnx_file.read(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9])
def test_a_truncated_file_is_refused(path, part):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(part * len(whole))])
    with pytest.raises(UsageError, match=r"truncated|not a policy of the format"):
        onnx_file.read(path)
