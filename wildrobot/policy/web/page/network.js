// policy.onnx on ONNX Runtime's WebAssembly, in one thread: more would need special headers of the server.

import * as ort from "./vendor/onnxruntime.js";

/**
 * The network as a function from observation to action.
 *
 * @param {Uint8Array} wasm ONNX Runtime's WebAssembly
 * @param {Uint8Array} model policy.onnx
 * @param {{input: {name: string, shape: number[]}, output: {name: string}}} names of policy_spec.json
 * @returns {Promise<(observation: Float32Array) => Promise<Float32Array>>}
 */
export async function makeNetwork(wasm, model, { input, output }) {
  ort.env.wasm.wasmBinary = wasm;
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
  return async (observation) => {
    const feeds = { [input.name]: new ort.Tensor("float32", observation, input.shape) };
    return (await session.run(feeds))[output.name].data;
  };
}

export const networkVersion = ort.env.versions.web;
