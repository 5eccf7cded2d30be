"""Calls of NumPy code from compiled programs, by a name that is the same in every process.

`jax.pure_callback` puts the callback itself into the program, so that JAX keeps no such program in its compilation
cache. A call by name, through XLA's foreign function interface, can be kept. The structures below are those of its C
header, `xla/ffi/api/c_api.h` in `jax.ffi.include_dir()`, which XLA keeps compatible for a year at least.
"""

from __future__ import annotations

import ctypes
import traceback
from collections.abc import Callable
from ctypes import POINTER, c_char_p, c_int, c_int32, c_int64, c_size_t, c_uint32, c_void_p
from typing import Any

import jax
import numpy as np

from wildrobot.signals import called_from_c

HostFunction = Callable[[int, list[np.ndarray], list[np.ndarray]], None]
"""Gets the number that the call was made with and the arrays that go in, and fills those that come out."""

_HANDLERS: list[Any] = []  # what XLA points to must outlive every program


def register(name: str, function: HostFunction) -> None:
    """Makes a function known to programs on the CPU, for `jax.ffi.ffi_call(name, ...)(..., number=numpy.int64(...))`.

    An exception in it ends the program with one of JAX's own, which has the traceback in its text.

    Args:
      name: unique in the process.
      function: is called in any thread, and starts no JAX computation. The arrays are lent: valid during the call.
    """

    @called_from_c
    def handle(frame: Any) -> int | None:
        call = frame.contents
        if call.extension and call.extension.contents.type == _METADATA:
            _describe(call.extension)
            return None
        try:
            function(_number(call.attributes), _arrays(call.arguments, writeable=False), _arrays(call.results))
        except BaseException:  # nothing may pass through C
            return _error(call.api, traceback.format_exc())
        return None

    handler = _Handler(handle)
    _HANDLERS.append(handler)
    jax.ffi.register_ffi_target(name, jax.ffi.pycapsule(handler), platform="cpu")


_API_VERSION = 0, 3  # of the header that is followed here
_METADATA, _INTERNAL = 1, 13  # XLA_FFI_Extension_Metadata, XLA_FFI_Error_Code_INTERNAL
_DTYPES = {4: np.int32, 11: np.float32}  # by XLA_FFI_DataType; others are not needed


class _Extension(ctypes.Structure):
    _fields_ = (("struct_size", c_size_t), ("type", c_int), ("next", c_void_p), ("metadata", c_void_p))


class _ApiVersion(ctypes.Structure):
    _fields_ = (("struct_size", c_size_t), ("extension", c_void_p), ("major", c_int), ("minor", c_int))


class _Metadata(ctypes.Structure):
    _fields_ = (("struct_size", c_size_t), ("version", _ApiVersion), ("traits", c_uint32))


class _ErrorArguments(ctypes.Structure):
    _fields_ = (("struct_size", c_size_t), ("extension", c_void_p), ("message", c_char_p), ("code", c_int))


_CreateError = ctypes.CFUNCTYPE(c_void_p, POINTER(_ErrorArguments))


class _Api(ctypes.Structure):
    _fields_ = (
        ("struct_size", c_size_t), ("extension", c_void_p), ("version", _ApiVersion), ("internal", c_void_p),
        ("create_error", _CreateError),
    )  # fmt: skip


class _Buffer(ctypes.Structure):
    _fields_ = (
        ("struct_size", c_size_t), ("extension", c_void_p), ("dtype", c_int), ("data", c_void_p), ("rank", c_int64),
        ("dims", POINTER(c_int64)),
    )  # fmt: skip


class _Buffers(ctypes.Structure):
    _fields_ = (
        ("struct_size", c_size_t), ("extension", c_void_p), ("size", c_int64), ("types", POINTER(c_int32)),
        ("buffers", POINTER(POINTER(_Buffer))),
    )  # fmt: skip


class _Scalar(ctypes.Structure):
    _fields_ = (("dtype", c_int), ("value", POINTER(c_int64)))


class _Attributes(ctypes.Structure):
    _fields_ = (
        ("struct_size", c_size_t), ("extension", c_void_p), ("size", c_int64), ("types", POINTER(c_int32)),
        ("names", c_void_p), ("values", POINTER(POINTER(_Scalar))),
    )  # fmt: skip


class _CallFrame(ctypes.Structure):
    _fields_ = (
        ("struct_size", c_size_t), ("extension", POINTER(_Extension)), ("api", POINTER(_Api)), ("context", c_void_p),
        ("stage", c_int), ("arguments", _Buffers), ("results", _Buffers), ("attributes", _Attributes),
        ("future", c_void_p),
    )  # fmt: skip


_Handler = ctypes.CFUNCTYPE(c_void_p, POINTER(_CallFrame))


def _describe(extension: Any) -> None:
    metadata = ctypes.cast(extension.contents.metadata, POINTER(_Metadata)).contents
    metadata.version.major, metadata.version.minor = _API_VERSION
    metadata.traits = 0


def _number(attributes: _Attributes) -> int:
    return attributes.values[0].contents.value.contents.value


def _arrays(buffers: _Buffers, *, writeable: bool = True) -> list[np.ndarray]:
    return [_array(buffers.buffers[index].contents, writeable) for index in range(buffers.size)]


def _array(buffer: _Buffer, writeable: bool) -> np.ndarray:
    shape, dtype = tuple(buffer.dims[: buffer.rank]), np.dtype(_DTYPES[buffer.dtype])
    size = int(np.prod(shape)) * dtype.itemsize
    lent = memoryview((ctypes.c_char * size).from_address(buffer.data)) if size else bytearray()
    array = np.ndarray(shape, dtype, lent)
    array.flags.writeable = writeable
    return array


def _error(api: Any, message: str) -> int | None:
    arguments = _ErrorArguments(ctypes.sizeof(_ErrorArguments), None, message.encode(), _INTERNAL)
    return api.contents.create_error(ctypes.byref(arguments))
