"""Finds the names of a description in a compiled model, and says which there are where one is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import mujoco
import numpy as np

from wildrobot.errors import UsageError

ElementKind = Literal["body", "geom", "site", "key", "sensor", "joint"]


class Names:
    """The names in a compiled model, for the description in `file`."""

    def __init__(self, model: mujoco.MjModel, file: Path):
        """Reads the actuators, too: a robot's joints are those that they drive, in their order."""
        self._model, self._file = model, file
        self.joints = tuple(model.joint(joint).name for joint in model.actuator_trnid[:, 0])

    def find(self, kind: ElementKind, name: str, field: str) -> int:
        """The number of an element.

        Raises:
          UsageError: if no element has that name; `field` of the description asks for it.
        """
        element = getattr(mujoco.mjtObj, f"mjOBJ_{kind.upper()}")
        found = mujoco.mj_name2id(self._model, element, name)
        if found < 0:
            count = getattr(self._model, {"body": "nbody", "key": "nkey", "joint": "njnt"}.get(kind, f"n{kind}"))
            named = (mujoco.mj_id2name(self._model, element, index) for index in range(count))
            raise self.error(field, f"there is no {kind} {name}; the MJCF has: {', '.join(filter(None, named))}")
        return found

    def sensor(self, name: str, field: str, measures: mujoco.mjtSensor, site: int) -> slice:
        """Where a sensor of a site lies in `sensordata`.

        Raises:
          UsageError: if no sensor has that name, or it is of another type or place.
        """
        model, found = self._model, self.find("sensor", name, field)
        at_site = model.sensor_objtype[found] == mujoco.mjtObj.mjOBJ_SITE and model.sensor_objid[found] == site
        if model.sensor_type[found] != measures or not at_site:
            kind = measures.name.removeprefix("mjSENS_").lower()
            raise self.error(field, f"the sensor {name} must be a {kind} of the site {model.site(site).name}")
        return sensor_slice(model, found)

    def joint_indices(self, names: Sequence[str], field: str) -> np.ndarray:
        """Places of joints among those with an actuator.

        Raises:
          UsageError: for a joint without an actuator.
        """
        for name in names:
            if name not in self.joints:
                raise self.error(field, f"no actuator drives a joint {name}; the robot has: {', '.join(self.joints)}")
        return np.array([self.joints.index(name) for name in names], int)

    def torque_slice(self) -> slice:
        """Where the torques of all actuators lie in `sensordata`, in actuator order.

        Raises:
          UsageError: if they do not lie there one after the other.
        """
        model = self._model
        measured = np.flatnonzero(model.sensor_type == mujoco.mjtSensor.mjSENS_ACTUATORFRC)
        addresses = model.sensor_adr[measured]
        in_order = np.array_equal(model.sensor_objid[measured], np.arange(model.nu))
        if not in_order or not np.array_equal(addresses, addresses[0] + np.arange(model.nu)):
            raise self.error("mjcf", "each actuator needs one actuatorfrc sensor; put them in a row, in actuator order")
        return slice(int(addresses[0]), int(addresses[0]) + model.nu)

    def error(self, field: str, what: str) -> UsageError:
        """What is wrong with a field of the description."""
        return UsageError(f"{self._file}: {field}: {what}")


class SensorSlices(dict[str, slice]):
    """Sensor name -> slice, with an error that lists the names there are."""

    def __missing__(self, name: str) -> slice:
        raise KeyError(f"no sensor {name!r}; the robot has: {', '.join(self)}")


def sensor_slices(model: mujoco.MjModel) -> Mapping[str, slice]:
    """Where each sensor lies in `sensordata`, by its name."""
    return SensorSlices({model.sensor(index).name: sensor_slice(model, index) for index in range(model.nsensor)})


def sensor_slice(model: mujoco.MjModel, index: int) -> slice:
    """Where a sensor lies in `sensordata`."""
    start = int(model.sensor_adr[index])
    return slice(start, start + int(model.sensor_dim[index]))
