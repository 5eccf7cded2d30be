// The policy on the simulated robot, one control period after the other.

import { Runtime } from "./runtime.js";

const VELOCITY_FILTER_S = 0.5; // half a stride, as in the environment

export class Player {
  /**
   * @param {object} spec policy_spec.json
   * @param {(observation: Float32Array) => Promise<Float32Array>} network
   * @param {import("./simulation.js").Simulation} simulation
   */
  constructor(spec, network, simulation) {
    Object.assign(this, { spec, network, simulation });
    this.period = spec.rates.control_period_s;
    this.reset();
  }

  reset() {
    this.simulation.reset();
    this.runtime = new Runtime(this.spec, this.network);
    // Targets on their way to the servos.
    this.queue = Array(this.simulation.described.latency_steps).fill(this.runtime.targets);
    this.velocity = [0, 0, 0];
  }

  /** One control period; the force [N] is on the pushed body, world frame. */
  async tick(command, force = [0, 0, 0]) {
    this.queue.push(await this.runtime.tick({ command, ...this.simulation.readings() }));
    this.simulation.step(this.queue.shift(), force);
    const weight = this.period / (this.period + VELOCITY_FILTER_S);
    const now = this.simulation.velocity;
    this.velocity = this.velocity.map((value, index) => value + weight * (now[index] - value));
  }
}
