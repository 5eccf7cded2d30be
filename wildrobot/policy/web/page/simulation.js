// The robot in MuJoCo's WebAssembly, as the judge's native engine simulates it.
//
// simulation.json (simulation.py) says what the MJCF does not: which geoms meet, the servos' line of torque and speed, and
// where the readings are. No solver warm start is carried from one control period to the next, as in the environment.

import loadMujoco from "./vendor/mujoco.js";

const SIZES = ["nq", "nv", "nu", "nbody", "ngeom", "nsensordata"];

/** MuJoCo's module from its WebAssembly. */
export const makeMujoco = (wasm) => loadMujoco({ wasmBinary: wasm });

export class Simulation {
  /**
   * @param {object} mujoco what `makeMujoco` gives
   * @param {string} mjcf the robot
   * @param {object} described simulation.json
   */
  constructor(mujoco, mjcf, described) {
    this.mujoco = mujoco;
    this.described = described;
    this.model = compiled(mujoco, mjcf, described);
    this.data = new mujoco.MjData(this.model);
    this.reset();
  }

  /** Stands at home, at rest. */
  reset() {
    this.mujoco.mj_resetData(this.model, this.data);
    this.data.qpos.set(this.described.home_qpos);
    this.data.ctrl.set(this.described.home_targets_rad);
    this.mujoco.mj_forward(this.model, this.data);
  }

  /**
   * One control period.
   *
   * @param {number[]} targets joint targets [rad], in actuator order
   * @param {number[]} force on the pushed body [N], world frame
   */
  step(targets, force = [0, 0, 0]) {
    const { mujoco, model, data, described } = this;
    data.ctrl.set(targets);
    data.xfrc_applied.set(force, 6 * described.pushed_body);
    data.qacc_warmstart.fill(0);
    for (let step = 0; step < described.substeps; step++) mujoco.mj_step(model, data);
  }

  /** What the robot's computer reads, as `Runtime.tick` takes it. */
  readings() {
    const { data, described } = this;
    const sensor = ([start, end]) => Array.from(data.sensordata.subarray(start, end));
    return {
      imu_wxyz: sensor(described.imu_orientation),
      gyro: sensor(described.gyro),
      joint_angle: described.qpos_index.map((index) => data.qpos[index]),
      joint_velocity: described.dof_index.map((index) => data.qvel[index]),
    };
  }

  get time() {
    return this.data.time;
  }

  /** Where the base looks [rad], in the world. */
  get heading() {
    const [w, x, y, z] = this.data.qpos.subarray(3, 7);
    return Math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z));
  }

  /** Speed forward and to the left [m/s], and yaw rate [rad/s], of the base. */
  get velocity() {
    const [vx, vy] = this.data.qvel;
    const cos = Math.cos(this.heading);
    const sin = Math.sin(this.heading);
    return [cos * vx + sin * vy, cos * vy - sin * vx, this.data.qvel[5]];
  }

  /** Whether the base is lower, or tilted further, than a robot that stands. */
  get fallen() {
    const [, , height, , x, y] = this.data.qpos;
    const { below_m, beyond_rad } = this.described.fall;
    return height < below_m || 1 - 2 * (x * x + y * y) < Math.cos(beyond_rad);
  }
}

function compiled(mujoco, mjcf, described) {
  const spec = mujoco.parseXMLString(mjcf);
  spec.option.timestep = described.timestep_s;
  let count = 0;
  let element = mujoco.mjs_firstElement(spec, mujoco.mjtObj.mjOBJ_GEOM);
  for (; element; element = mujoco.mjs_nextElement(spec, element)) {
    const geom = mujoco.mjs_asGeom(element);
    [geom.contype, geom.conaffinity] = described.geom_contacts[count++] ?? [0, 0];
  }
  const model = mujoco.mj_compile(spec);
  spec.delete();
  const wrong = SIZES.filter((name) => model[name] !== described.sizes[name]);
  if (wrong.length || count !== described.geom_contacts.length) {
    const sizes = wrong.map((name) => `${name} is ${model[name]} instead of ${described.sizes[name]}`).join(", ");
    throw new Error(`MuJoCo ${mujoco.mj_versionString()} makes another robot of the MJCF: ${sizes || "other geoms"}`);
  }
  for (const [name, values] of Object.entries(described.servos)) model[name].set(values);
  return model;
}
