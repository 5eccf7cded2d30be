"""Calls of NumPy code from compiled programs, seen from the programs."""

import os
import subprocess
import sys
import textwrap

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from wildrobot.physics import host_call

CALLS = []


def _scaled(number, inputs, outputs):
    CALLS.append([array.shape for array in inputs])
    if number == 0:
        raise ValueError("no factor of zero")
    assert not inputs[0].flags.writeable
    outputs[0][...] = inputs[0] * number


host_call.register("test_scaled", _scaled)


def scaled(values, number=3):
    like = jax.ShapeDtypeStruct(values.shape, values.dtype)
    return jax.ffi.ffi_call("test_scaled", like, vmap_method="broadcast_all")(values, number=np.int64(number))


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.int32])
@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (0, 3)])
def test_arrays_of_every_shape_cross_both_ways(shape, dtype):
    values = jnp.arange(np.prod(shape, dtype=int), dtype=dtype).reshape(shape) + 1
    np.testing.assert_array_equal(jax.jit(scaled)(values), 3 * values)


def test_vmap_makes_one_call():
    CALLS.clear()
    np.testing.assert_array_equal(jax.jit(jax.vmap(scaled))(jnp.ones((5, 2))), np.full((5, 2), 3.0))
    assert CALLS == [[(5, 2)]]


def test_calls_of_a_scan_come_in_order():
    scanned = jax.jit(lambda x: jax.lax.scan(lambda carry, _: (scaled(carry), carry.sum()), x, length=4))
    last, sums = scanned(jnp.ones(2))
    assert (last.tolist(), sums.tolist()) == ([81.0, 81.0], [2.0, 6.0, 18.0, 54.0])


def test_an_exception_ends_the_program_with_its_text():
    with pytest.raises(jax.errors.JaxRuntimeError, match="ValueError: no factor of zero"):
        jax.jit(lambda x: scaled(x, 0))(jnp.ones(2))
    np.testing.assert_array_equal(scaled(jnp.ones(2)), [3.0, 3.0])


INTERRUPTED = """
    import os, signal, threading, time
    import jax, jax.numpy as jnp, numpy as np
    from wildrobot import cli
    from wildrobot.physics import host_call
    def slow(number, inputs, outputs):
        assert threading.current_thread() is threading.main_thread()
        print("in", flush=True)
        threading.Timer(0.05, os.kill, (os.getpid(), signal.{name})).start()
        for _ in range(20):
            time.sleep(0.01)
        outputs[0][...] = inputs[0]
    host_call.register("slow", slow)
    def work():
        jax.ffi.ffi_call("slow", jax.ShapeDtypeStruct((2,), jnp.float32))(jnp.ones(2), number=np.int64(0))
        print("out", flush=True)
        time.sleep(100)
    cli.leave(cli.exit_code(work))
"""


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_waits_for_the_call(name, code):
    """An exception could not pass through the C code that makes the call, and would come back as JAX's own."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(INTERRUPTED.format(name=name))], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, "in\nout\n", "interrupted\n")


STEPPED = """
    import jax, jax.numpy as jnp, numpy as np
    from wildrobot.experiment import load_experiment
    from wildrobot.physics import PhysicsState, make_physics
    config = load_experiment("smoke", ["env.physics.engine=native", "env.variants.gain_scale=[{gain}, {gain}]"]).env
    physics = make_physics(config.robot, config.physics, config.variants)
    robot = physics.robot
    home, still, read = np.tile(robot.home_qpos, (4, 1)), np.zeros((4, robot.model.nv)), robot.model.nsensordata
    targets = np.tile(robot.home_targets_rad, (4, 1))
    state = PhysicsState(home, still, targets, np.zeros((4, read)), np.ones(4, int))
    state = jax.tree.map(lambda x: jnp.asarray(x, jnp.int32 if x.dtype == int else jnp.float32), state)
    events, HIT = [], "/jax/compilation_cache/cache_hits"
    jax.monitoring.register_event_listener(lambda event, **_: events.append(event))
    moved = jax.jit(jax.vmap(physics.step))(state, state.ctrl + 0.1)
    print(moved.qpos.tolist(), HIT in events)
"""


def test_programs_that_call_native_physics_come_from_the_cache_and_call_the_engine_of_their_process(tmp_path):
    cache = {"JAX_COMPILATION_CACHE_DIR": str(tmp_path), "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}

    def stepped(gain):
        code = textwrap.dedent(STEPPED.format(gain=gain))
        done = subprocess.run([sys.executable, "-c", code], env=os.environ | cache, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        qpos, found = done.stdout.rsplit(maxsplit=1)
        return qpos, found == "True"

    weak, found = stepped(0.9)
    assert not found
    assert stepped(0.9) == (weak, True)
    strong, found = stepped(1.1)
    assert found
    assert strong != weak
