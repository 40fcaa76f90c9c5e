// Answers cases with the package for JavaScript, in Node and in a page. Numbers of cases are tagged,
// so that each keeps its bits.
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
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/** The JSON of a list of what was answered: bits, labels or what was wrong. */
export async function answersOf(load, cases) {
  const answers = [];
  for (const asked of cases) answers.push(await answerOf(load, asked));
  return JSON.stringify(answers, (_, v) => (typeof v === "bigint" ? String(v) : v));
}

async function answerOf(load, { bundle, rows, kinds, matrix, sizes }) {
  const answer = {};
  try {
    const predictor = await load(bytesOf(bundle));
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
      const numbers = new Float64Array(bytesOf(matrix).buffer);
      const width = predictor.width("features");
      answer.matrix = (sizes ?? [numbers.length / width]).map((size) => (
        hex(predictor.predictMatrix(numbers.subarray(0, size * width), size, "raw"))));
    }
    answer.labels = predictor.labels;
    answer.inputs = predictor.inputs;
  } catch (error) {
    answer.error = error.message;
    answer.column = error.column;
    answer.row = error.row;
  }
  return answer;
}
