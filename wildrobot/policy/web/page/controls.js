// Stick, keys and buttons: what the person wants, as a command and a force.

const KEYS = {
  w: [0, 1], s: [0, -1], arrowup: [0, 1], arrowdown: [0, -1],
  a: [1, 1], d: [1, -1],
  q: [2, 1], e: [2, -1], arrowleft: [2, 1], arrowright: [2, -1],
}; // prettier-ignore
const KEY_SHARE = 0.6; // of the fastest, without Shift
const PUSH_S = 0.2; // as the judge's suite `push`
const DEAD_SHARE = 0.08; // of a stick's way, around its middle

const element = (id) => document.getElementById(id);

export class Controls {
  /**
   * @param {{trained_min: number[], trained_max: number[]}} limits `command` of policy_spec.json
   * @param {{onReset: () => void, onPause: (paused: boolean) => void}} calls
   */
  constructor({ trained_min, trained_max }, { onReset, onPause }) {
    Object.assign(this, { low: trained_min, high: trained_max, onReset, onPause });
    this.stick = [0, 0, 0]; // forward, left, turn: each in [-1, 1]
    this.keys = new Set();
    this.paused = false;
    this.push = null;
    this.direction = 0;
    // Up is forward, left is left; a slider's left is a turn to the left.
    const walk = makeStick(element("walk"), (right, up) => ((this.stick[0] = up), (this.stick[1] = -right)));
    const turn = makeStick(element("turn"), (right) => (this.stick[2] = -right));
    this.sticks = [walk, turn];
    element("stop").onclick = () => this.stop();
    element("reset").onclick = () => this.reset();
    element("pause").onclick = () => this.pause();
    element("keep").onchange = ({ target }) => target.checked || this.stop();
    element("force").oninput = ({ target }) => (element("newtons").value = `${target.value} N`);
    for (const button of document.querySelectorAll("[data-push]")) {
      button.onclick = () => this.shove((Number(button.dataset.push) * Math.PI) / 180);
    }
    window.addEventListener("keydown", (event) => this.#pressed(event));
    window.addEventListener("keyup", (event) => this.keys.delete(event.key.toLowerCase()));
    window.addEventListener("blur", () => this.keys.clear());
  }

  /** Forward, left [m/s] and turn [rad/s], within what the policy was trained for. */
  get command() {
    const shares = [...this.stick];
    for (const key of this.keys) {
      if (KEYS[key]) shares[KEYS[key][0]] = KEYS[key][1] * (this.keys.has("shift") ? 1 : KEY_SHARE);
    }
    return shares.map((share, index) => (share < 0 ? -share * this.low[index] : share * this.high[index]));
  }

  /** The force [N] of this control period, world frame, for a robot that looks there [rad]. */
  force(heading, period) {
    if (!this.push) return [0, 0, 0];
    const { newtons, direction } = this.push;
    this.push.left_s -= period;
    if (this.push.left_s < 0.5 * period) this.push = null;
    return [newtons * Math.cos(heading + direction), newtons * Math.sin(heading + direction), 0];
  }

  /** Pushes in a direction [rad] from where the robot looks. */
  shove(direction = this.direction) {
    this.direction = direction;
    this.push = { newtons: Number(element("force").value), direction, left_s: PUSH_S };
  }

  stop() {
    this.keys.clear();
    for (const stick of this.sticks) stick.release();
  }

  reset() {
    this.stop();
    this.push = null;
    this.onReset();
  }

  pause() {
    this.paused = !this.paused;
    element("pause").setAttribute("aria-pressed", this.paused);
    this.onPause(this.paused);
  }

  #pressed(event) {
    const key = event.key.toLowerCase();
    const own = event.target.closest?.("input[type=range]") ? key.startsWith("arrow") : false;
    const pressing = key === " " && event.target.closest?.("button, input, summary");
    if (event.ctrlKey || event.metaKey || event.altKey || own || pressing) return;
    const act = { " ": () => this.shove(), x: () => this.stop(), r: () => this.reset(), p: () => this.pause() }[key];
    if (KEYS[key] || key === "shift") this.keys.add(key);
    else if (!act) return;
    else if (!event.repeat) act();
    event.preventDefault();
  }
}

/** A stick that a finger or the mouse moves: tells its place, right and up, each in [-1, 1]. */
function makeStick(pad, tell) {
  const knob = pad.querySelector(".knob");
  const flat = pad.classList.contains("flat");
  const place = (right, up) => {
    const reach = (pad.clientWidth - knob.clientWidth) / 2;
    knob.style.transform = `translate(${right * reach}px, ${-up * reach}px)`;
    const alive = (share) => (Math.abs(share) < DEAD_SHARE ? 0 : share);
    tell(alive(right), alive(up));
  };
  const drag = (event) => {
    const box = pad.getBoundingClientRect();
    const reach = (pad.clientWidth - knob.clientWidth) / 2;
    let right = (event.clientX - box.left - box.width / 2) / reach;
    let up = flat ? 0 : (box.top + box.height / 2 - event.clientY) / reach;
    const length = Math.max(Math.hypot(right, up), 1);
    place(right / length, up / length);
  };
  const release = () => place(0, 0);
  pad.onpointerdown = (event) => {
    pad.setPointerCapture(event.pointerId);
    drag(event);
  };
  pad.onpointermove = (event) => pad.hasPointerCapture(event.pointerId) && drag(event);
  pad.onpointerup = pad.onpointercancel = () => element("keep").checked || release();
  return { release };
}
