// Loads everything, then plays: one control period of the robot for one of the clock, and a picture for every frame.

import { Controls } from "./controls.js";
import { FileProblem, Files } from "./files.js";
import { makeNetwork, networkVersion } from "./network.js";
import { Player } from "./player.js";
import { problemWith } from "./runtime.js";
import { makeMujoco, Simulation } from "./simulation.js";
import { View } from "./view.js";

const SLOW_MS = 100; // of a frame for physics; a slower machine falls behind the clock instead of standing still
const RATE_MS = 1000;

const element = (id) => document.getElementById(id);
const say = (id, text) => {
  if (element(id).textContent !== text) element(id).textContent = text;
};

function problem(text) {
  say("problem", text ?? "");
  element("problem").hidden = !text;
}

/** Everything that the page needs, loaded and checked. */
async function load() {
  let total = 1;
  let received = 0;
  element("bar").hidden = false;
  const files = await Files.open((bytes) => {
    received += bytes;
    element("bar").value = received / total;
    say("progress", `Loading ${(received / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB`);
  });
  const described = await files.json("simulation.json");
  total = described.download_bytes;
  const spec = await files.json("bundle/policy_spec.json");
  const unusable = problemWith(spec);
  if (unusable) throw new FileProblem(`${unusable}; export the page again.`);
  if (spec.provenance.robot_digest !== described.robot_digest) {
    throw new FileProblem("The policy in bundle/ is of another robot than this page; export the page again.");
  }
  const [mujocoWasm, networkWasm, model, mjcf] = await Promise.all([
    files.bytes("vendor/mujoco.wasm.gz"),
    files.bytes("vendor/onnxruntime.wasm.gz"),
    files.bytes(`bundle/${spec.model.file}`),
    files.text(`bundle/${spec.robot.mjcf}`),
  ]);
  say("progress", "Starting MuJoCo and ONNX Runtime");
  const mujoco = await makeMujoco(mujocoWasm);
  const network = await makeNetwork(networkWasm, model, spec.model);
  return { spec, described, player: new Player(spec, network, new Simulation(mujoco, mjcf, described)) };
}

function show(player, controls) {
  const number = (value) => (Number.isFinite(value) ? value.toFixed(2).replace(/^-0\.00$/, "0.00") : "–");
  for (const index of [0, 1, 2]) {
    say(`asked-${index}`, number(controls.command[index]));
    say(`reached-${index}`, number(player.velocity[index]));
  }
  const { bad } = player.runtime;
  problem(bad.length ? `Unusable, targets held: ${bad.join(", ")}. Reset starts afresh.` : null);
  say("status", player.simulation.fallen ? "It has fallen: reset stands it up." : "");
}

async function start() {
  const { spec, described, player } = await load();
  const { simulation } = player;
  const view = new View(element("view"), simulation);
  element("loading").hidden = true;
  element("panel").hidden = false;
  say("title", described.title);
  say("versions", `MuJoCo ${simulation.mujoco.mj_versionString()}, ONNX Runtime ${networkVersion}`);

  let last = performance.now();
  let owed = 0;
  let measured = { at: last, time: 0 };
  let resetting = false;
  const restart = () => {
    owed = 0;
    measured = { at: performance.now(), time: simulation.time };
  };
  const controls = new Controls(spec.command, { onReset: () => (resetting = true), onPause: restart });

  const frame = async (now) => {
    const started = performance.now();
    owed += controls.paused ? 0 : now - last;
    last = now;
    let force = [0, 0, 0];
    while (owed >= 1000 * player.period && !resetting) {
      owed -= 1000 * player.period;
      force = controls.force(simulation.heading, player.period);
      await player.tick(controls.command, force);
      if (performance.now() - started > SLOW_MS) owed = 0;
    }
    if (resetting) {
      resetting = false;
      player.reset();
      view.restart();
      restart();
    }
    if (!controls.paused || view.changed) view.draw(controls.push ? force : [0, 0, 0]);
    show(player, controls);
    if (started - measured.at > RATE_MS) {
      const rate = (1000 * (simulation.time - measured.time)) / (started - measured.at);
      say("rate", controls.paused ? "paused" : `${rate.toFixed(2)} of real time, ${simulation.time.toFixed(0)} s`);
      measured = { at: started, time: simulation.time };
    }
    requestAnimationFrame((time) => frame(time).catch(failed));
  };
  requestAnimationFrame((time) => frame(time).catch(failed));
}

function failed(error) {
  element("loading").hidden = true;
  problem(error instanceof FileProblem ? error.message : `This page cannot go on: ${error.message ?? error}`);
}

start().catch(failed);
