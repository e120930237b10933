// ONNX Runtime as a peer: node onnxruntime.js FOLDER THREADS ROWS, then one JSON request a line (see child.py).
// FOLDER holds node_modules; "" leaves it to Node's resolution from the current folder. It computes probabilities and
// leaves out the arg max, which in JavaScript would cost more than it should.
'use strict';
const fs = require('fs');
const path = require('path');
const readline = require('readline');

const [folder, threads, rowsFile] = process.argv.slice(2);
const home = path.resolve(folder || '.');
const found = require.resolve('onnxruntime-node', {paths: [home]});
const ort = require(found);

const readFloats = (file) => {
  const bytes = fs.readFileSync(file);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
};

const values = readFloats(rowsFile);
const sessions = new Map();
let position = 0;

async function session(model) {
  if (!sessions.has(model)) {
    sessions.set(model, await ort.InferenceSession.create(model, {
      executionProviders: ['cpu'],
      intraOpNumThreads: Number(threads),
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
      executionMode: 'sequential',
    }));
  }
  return sessions.get(model);
}

async function probabilities(model, floats, inputs) {
  const results = await model.run({inputs: new ort.Tensor('float32', floats, [floats.length / inputs, inputs])});
  return results.probabilities.data;
}

function packageVersion() {
  const manifest = path.join(path.dirname(found), '..', 'package.json');
  return JSON.parse(fs.readFileSync(manifest, 'utf8')).version;
}

const actions = {
  info: async () => ({version: packageVersion(), node: process.versions.node}),

  // Samples and the seconds they took, after two batches that are not counted.
  measure: async (request) => {
    const model = await session(request.model);
    const inputs = request.inputs;
    const rows = Math.floor(values.length / inputs);
    const batch = Math.min(request.batch_size, rows);
    const runOne = () => {
      if (position + batch > rows) position = 0;
      const floats = values.subarray(position * inputs, (position + batch) * inputs);
      position += batch;
      return probabilities(model, floats, inputs);
    };
    await runOne();
    await runOne();
    const start = performance.now();
    let samples = 0;
    let seconds = 0;
    while (seconds < request.seconds) {
      await runOne();
      samples += batch;
      seconds = (performance.now() - start) / 1e3;
    }
    return {samples, seconds};
  },

  // The probabilities of the float32 rows in a file, written to another.
  predict: async (request) => {
    const result = await probabilities(await session(request.model), readFloats(request.rows), request.inputs);
    fs.writeFileSync(request.probabilities, Buffer.from(result.buffer, result.byteOffset, result.byteLength));
    return {};
  },
};

async function main() {
  for await (const line of readline.createInterface({input: process.stdin})) {
    const request = JSON.parse(line);
    let answer;
    try {
      answer = await actions[request.do](request);
    } catch (error) {
      answer = {error: String(error)};
    }
    process.stdout.write(JSON.stringify(answer) + '\n');
  }
  process.exit(0);  // the sessions' threads need no farewell
}

main();
