// The runtime of docs/deploy.md, line by line: tests hold it to that text. Angles in rad, actuator order.

const CONTRACT = "wildrobot-policy-bundle";
const VERSION = 2;

/** What makes a policy_spec.json one that this runtime cannot play; null if nothing does. */
export function problemWith(spec) {
  if (spec.contract !== CONTRACT) return `policy_spec.json is of "${spec.contract}" and not of "${CONTRACT}"`;
  if (spec.contract_version === VERSION) return null;
  return `policy_spec.json is of version ${spec.contract_version}, and this page plays version ${VERSION}`;
}

/** One policy from its first tick on; call `tick` every `rates.control_period_s`. */
export class Runtime {
  /**
   * @param {object} spec policy_spec.json
   * @param {(observation: Float32Array) => Promise<Float32Array>} network policy.onnx
   */
  constructor(spec, network) {
    this.spec = spec;
    this.network = network;
    this.home = spec.action.base_pose_rad;
    this.action = this.home.map(() => 0);
    this.targets = this.home;
    this.bad = [];
    this.observation = null;
    this.phase = null;
    this.goal = null;
    this.past = [];
  }

  /**
   * The joint targets to send now: the last good ones, first home, while something is unusable, which `bad` names.
   *
   * @param {object} readings command, imu_wxyz, gyro, joint_angle, joint_velocity: arrays
   */
  async tick({ command, imu_wxyz, gyro, joint_angle, joint_velocity }) {
    const read = { command, imu_wxyz, gyro, joint_angle, joint_velocity };
    const sensed = {};
    for (const name in read) sensed[name] = Array.from(read[name] ?? [NaN], (value) => value ?? NaN);
    // As the model takes them: 1e39 is infinite.
    let bad = Object.keys(sensed).filter((name) => !sensed[name].every((value) => Number.isFinite(Math.fround(value))));
    if (!bad.includes("imu_wxyz") && Math.abs(Math.hypot(...sensed.imu_wxyz) - 1) > 0.1) {
      bad.push("imu_wxyz"); // no orientation: a dead IMU's zeros would mean upright
    }
    const before = { phase: this.phase, goal: this.goal, past: [...this.past] };
    let action;
    if (!bad.length) {
      this.observation = this.observe(sensed);
      action = Array.from(await this.network(Float32Array.from(this.observation)));
      bad = action.every(Number.isFinite) ? [] : ["action"];
    }
    if (bad.length) {
      Object.assign(this, before);
    } else {
      const { robot, action: map } = this.spec;
      this.action = action;
      this.targets = action.map((value, joint) =>
        clip(this.home[joint] + map.scale_rad[joint] * value, robot.min_rad[joint], robot.max_rad[joint]),
      );
    }
    this.bad = bad;
    return this.targets;
  }

  observe({ command, imu_wxyz, gyro, joint_angle, joint_velocity }) {
    const { gait_clock: clock, history, observation } = this.spec;
    const hold = this.spec.command.heading_hold;
    const period = this.spec.rates.control_period_s;
    let [vx, vy, yawRate] = command;
    const [w, x, y, z] = imu_wxyz;
    const heading = Math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z));
    const standing = Math.max(...command.map(Math.abs)) < this.spec.command.standing_below;

    if (this.phase === null) {
      this.phase = clock.start_phase;
      this.goal = heading;
    } else if (standing) {
      this.phase = this.phase < 0.5 ? 0 : 0.5;
      this.goal = heading;
    } else {
      this.phase = (this.phase + clock.frequency_hz * period) % 1;
      this.goal += yawRate * period;
    }
    if (hold.enabled) {
      const error = modulo(this.goal - heading + Math.PI, 2 * Math.PI) - Math.PI;
      const limit = hold.limit_rad_per_s;
      yawRate = standing ? 0 : yawRate + clip(hold.gain_per_s * error, -limit, limit);
    }

    const angle = 2 * Math.PI * this.phase;
    const formed = {
      gyro,
      gravity: [2 * (w * y - x * z), -2 * (y * z + w * x), 2 * (x * x + y * y) - 1],
      joint_angle: joint_angle.map((value, joint) => value - this.home[joint]),
      joint_velocity,
      last_action: this.action,
      command: [vx, vy, yawRate],
      gait_clock: standing ? [0, 0] : [Math.cos(angle), Math.sin(angle)],
    };
    const now = history.entries.flatMap((name) => formed[name]);
    if (!this.past.length) this.past = Array(history.steps).fill(now); // the first tick
    formed.history = this.past.flat();
    this.past = [now, ...this.past].slice(0, history.steps); // the oldest falls out
    return observation.flatMap((entry) => formed[entry.name]);
  }
}

const clip = (value, low, high) => Math.min(Math.max(value, low), high);

/** In [0, divisor), also for a negative value. */
const modulo = (value, divisor) => value - divisor * Math.floor(value / divisor);
