// Times predictions of a browser package in Node: browser_time.mjs FOLDER prints "name value" lines,
// microseconds for each row. The fastest of many turns counts, since others only add to it.
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [folder] = process.argv.slice(2);
const { load } = await import(pathToFileURL(`${folder}/mainspring.js`).href);
const predictor = await load(await readFile(`${folder}/model.spring`));
const width = predictor.width("features");
const BATCH = 512;

let state = 1;
const numbers = Float64Array.from({ length: BATCH * width }, () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return ((state >>> 8) / 16777216 - 0.5) * 6;
});
const one = numbers.slice(0, width);
const row = Object.fromEntries(predictor.inputs.map((input, at) => [input.name, one[at]]));

function fastest(name, rows, calls, call) {
  let best = Infinity;
  for (let turn = 0; turn < 60; ++turn) {
    const begin = process.cpuUsage();
    for (let i = 0; i < calls; ++i) call();
    const { user, system } = process.cpuUsage(begin);
    best = Math.min(best, (user + system) / calls / rows);
  }
  console.log(`${name} ${best.toFixed(4)}`);
}

fastest("batch", BATCH, 8, () => predictor.predictMatrix(numbers, BATCH, "raw"));
fastest("one_row", 1, 4000, () => predictor.predictMatrix(one, 1, "raw"));
fastest("one_object", 1, 2000, () => predictor.predictRow(row, "raw"));
