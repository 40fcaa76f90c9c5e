// Answers cases in Node with the package for JavaScript: node run_browser.mjs FOLDER CASES.json
// prints one JSON list of {code or bits}. Numbers of cases are tagged, so that each keeps its bits.
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [folder, path] = process.argv.slice(2);
const { load } = await import(pathToFileURL(`${folder}/mainspring.js`).href);
const view = new DataView(new ArrayBuffer(8));

function value(tagged) {
  if (Array.isArray(tagged)) return tagged.map(value);
  if (tagged === null || typeof tagged !== "object") return tagged;
  if ("i64" in tagged) return BigInt(tagged.i64);
  view.setBigUint64(0, BigInt(`0x${tagged.f64}`));
  return view.getFloat64(0);
}

function row(tagged) {
  return Object.fromEntries(Object.entries(tagged).map(([name, cell]) => [name, value(cell)]));
}

function hex(numbers) {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString("hex");
}

const answers = [];
for (const { bundle, rows, kinds, matrix } of JSON.parse(await readFile(path, "utf8"))) {
  const answer = {};
  try {
    const predictor = await load(Buffer.from(bundle, "base64"));
    const plain = rows.map(row);
    for (const kind of kinds) {
      const numbers = kind === "features" ? predictor.transform(plain)
                                          : predictor.predict(plain, kind);
      answer[kind] = ArrayBuffer.isView(numbers) ? hex(numbers) : numbers;
      if (kind !== "features" && plain.length > 7) {
        const one = [predictor.predictRow(plain[7], kind)].flat();
        answer[`one ${kind}`] = typeof one[0] === "number" ? hex(Float64Array.from(one)) : one;
      }
    }
    if (matrix) {
      const numbers = Float64Array.from(matrix.map(value));
      const count = numbers.length / predictor.width("features");
      answer.matrix = hex(predictor.predictMatrix(numbers, count, "raw"));
    }
    answer.labels = predictor.labels;
    answer.inputs = predictor.inputs;
  } catch (error) {
    answer.error = error.message;
    answer.column = error.column;
    answer.row = error.row;
  }
  answers.push(answer);
}
console.log(JSON.stringify(answers, (_, v) => (typeof v === "bigint" ? String(v) : v)));
