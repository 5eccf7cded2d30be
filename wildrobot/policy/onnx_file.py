"""Policies as ONNX: normaliser, network and squashing in one graph of one observation, and back.

The arrays keep their names as initialisers. What the graph does not compute with travels as metadata: the header, the
checksum, and the noise layer, because tools drop initialisers that no node reads. Needs the extra `onnx`.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

import numpy as np
import onnx
import safetensors
import safetensors.numpy
from google.protobuf.message import DecodeError
from onnx import helper, numpy_helper

from wildrobot import __version__
from wildrobot.errors import UsageError
from wildrobot.policy import file
from wildrobot.policy.policy import Policy

INPUT, OUTPUT = "observation", "action"
OPSET, IR_VERSION = 17, 8
"""Opset of 2022, which ONNX Runtime 1.12 and later read."""

_NOISE = "noise"
_BOUNDS = ("observation.low", "observation.high", "action.low", "action.high")


def build(policy: Policy) -> onnx.ModelProto:
    """The model: float32 `observation` of shape (1, obs) in, mean `action` in [-1, 1] of shape (1, joints) out."""
    header, arrays = policy.packed()
    noise = {name: array for name, array in arrays.items() if name.startswith(_NOISE)}
    graph = helper.make_graph(
        _nodes(policy),
        "policy",
        [_vector(INPUT, policy.interface.observation_size)],
        [_vector(OUTPUT, policy.interface.action_size)],
        [
            numpy_helper.from_array(np.ascontiguousarray(array), name)
            for name, array in (arrays | _bounds(policy)).items()
            if name not in noise
        ],
    )
    model = helper.make_model(
        graph,
        producer_name="wildrobot",
        producer_version=__version__,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    noise = {name: np.ascontiguousarray(array) for name, array in noise.items()}
    packed_noise = base64.b64encode(safetensors.numpy.save(noise)).decode()
    helper.set_model_props(model, file.metadata(header, arrays) | {_NOISE: packed_noise})
    onnx.checker.check_model(model)
    return model


def read(path: Path) -> Policy:
    """Reads what `build` has made; runs no code from the file.

    Raises:
      UsageError: for a file that is unreadable, foreign, truncated, altered or inconsistent.
    """
    file.check_readable(path)
    try:
        # Without external data: a policy is one file, and no file may make us read another.
        model = onnx.load(path, load_external_data=False)
        # As text: protobuf gives bytes for what is none.
        described = {str(entry.key): str(entry.value) for entry in model.metadata_props}
    except DecodeError:
        raise UsageError(f"{path} is not an ONNX file, or it is truncated; {file.REMEDY}") from None
    file.check_format(path, described)
    try:
        arrays = safetensors.numpy.load(base64.b64decode(described[_NOISE], validate=True))
        for tensor in model.graph.initializer:
            if tensor.name not in _BOUNDS:
                arrays[str(tensor.name)] = _array(tensor)
    except (KeyError, ValueError, TypeError, binascii.Error, safetensors.SafetensorError) as error:
        raise UsageError(f"{path}: its arrays cannot be read ({' '.join(str(error).split())}); {file.REMEDY}") from None
    policy = Policy.unpacked(path, *file.checked(path, described, arrays))
    # The checksum vouches for header and arrays; that the graph computes with them as it should, only this does.
    expected = build(policy)
    expected.producer_version = model.producer_version
    del expected.metadata_props[:]
    expected.metadata_props.extend(model.metadata_props)
    if model != expected:
        raise UsageError(f"{path} does not compute what its own header says, so it was altered; {file.REMEDY}")
    return policy


def _array(tensor: onnx.TensorProto) -> np.ndarray:
    if tensor.data_location != onnx.TensorProto.DEFAULT:
        raise ValueError(f"{tensor.name} lies outside of the file")
    return numpy_helper.to_array(tensor)


def _vector(name: str, size: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, size])


def _bounds(policy: Policy) -> dict[str, np.ndarray]:
    """The constants of the Clip nodes that the policy needs, by name."""
    bounds = [-1.0, 1.0] if policy.squash == "clip" else []
    names = _BOUNDS[2:] if bounds else ()
    if policy.observation_clip is not None:
        bounds = [-policy.observation_clip, policy.observation_clip, *bounds]
        names = (*_BOUNDS[:2], *names)
    return {name: np.array(bound, np.float32) for name, bound in zip(names, bounds, strict=True)}


def _nodes(policy: Policy) -> list[onnx.NodeProto]:
    nodes: list[onnx.NodeProto] = []
    value = INPUT

    def then(operator: str, *others: str, out: str | None = None) -> None:
        nonlocal value
        out = out or f"value_{len(nodes)}"
        nodes.append(helper.make_node(operator, [value, *others], [out], name=f"node_{len(nodes)}"))
        value = out

    then("Sub", "observation.mean")
    then("Div", "observation.std")
    if policy.observation_clip is not None:
        then("Clip", "observation.low", "observation.high")
    for index in range(len(policy.layers)):
        then("Gemm", f"layer_{index}.kernel", f"layer_{index}.bias")
        if index == len(policy.layers) - 1:
            break
        if policy.activation == "swish":  # x sigmoid(x), for which this opset has no name
            x = value
            then("Sigmoid")
            then("Mul", x)
        else:
            then({"elu": "Elu", "relu": "Relu", "tanh": "Tanh"}[policy.activation])
    if policy.squash == "tanh":
        then("Tanh", out=OUTPUT)
    else:
        then("Clip", "action.low", "action.high", out=OUTPUT)
    return nodes
