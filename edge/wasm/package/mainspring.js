// Predicts with .spring bundles in browsers and Node: the engine of the Python package as
// WebAssembly, the same bits. Nothing is sent anywhere.
//
//   import { load } from "./mainspring.js";
//   const predictor = await load(fetch("late.spring"));
//   predictor.predictRow({ distance: 700, carrier: "UA" });

const KINDS = { predict: 0, proba: 1, raw: 2, features: 4 };
const FLOAT = 1, INTEGER = 2, STRING = 3, TIMESTAMP = 4, FIRST_LIST = 5;
const INPUT_KINDS = ["", "float", "integer", "string", "timestamp", "float", "integer", "string"];
const UNITS = ["", "s", "ms", "us", "ns", "day"];
const PER_SECOND = [0n, 1n, 1000n, 1000000n, 1000000000n, 0n];
const UNIT_DAY = 5;
const LOW = -(2n ** 63n), HIGH = 2n ** 63n - 1n;
const LOW_DAY = -(2n ** 31n), HIGH_DAY = 2n ** 31n - 1n;
const TIME = new RegExp("^(\\d{4}-\\d{2}-\\d{2})" +
  "(?:[Tt ]((?:[01]\\d|2[0-3]):\\d{2}(?::\\d{2})?)(?:\\.(\\d+))?)?(Z|z|[+-]\\d{2}:?\\d{2})?$");

// A function that does nothing but take all lanes of a vector for true or not.
const SIMD = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15,
  253, 98, 11);

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: false });
let engine = null;

/** What is wrong, in words; `code` is a mainspring_code of mainspring.h. */
export class MainspringError extends Error {
  constructor(message, code = 0, column = null, row = null) {
    super(message);
    this.name = "MainspringError";
    this.code = code;
    this.column = column;
    this.row = row;
  }
}

/**
 * Takes the engine from somewhere else than beside this module: bytes, a Response, a URL or a
 * compiled module.
 */
export async function useEngine(source) {
  await begin(source);
}

// What failed once, as a request may, is tried again by whoever asks next.
function begin(source) {
  const begun = compile(source);
  begun.catch(() => { if (engine === begun) engine = null; });
  return engine = begun;
}

async function compile(source) {
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
    return compileBytes(source);
  }
  if (source instanceof URL || typeof source === "string") {
    const url = new URL(source, import.meta.url);
    if (url.protocol === "file:" && typeof process !== "undefined") {
      const { readFile } = await import("node:fs/promises");
      return compileBytes(await readFile(url));
    }
    source = await fetch(url);
  }
  if (!source.ok) throw new MainspringError(`mainspring.wasm: HTTP status ${source.status}`);
  return compileBytes(await source.arrayBuffer());
}

async function compileBytes(bytes) {
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    if (WebAssembly.validate(SIMD)) throw error;
    throw new MainspringError(
      "The engine needs SIMD of WebAssembly, which is not here, expected Chrome 91, Firefox 89, " +
      "Safari 16.4, Node 16.4 or later. `mainspring pack --no-blocks` makes one without.");
  }
}

/**
 * Opens a bundle: an ArrayBuffer, a view of bytes, a Response or a Blob, or a promise of one of
 * them, which comes while the engine is compiled. The bytes are copied.
 */
export async function load(source) {
  if (engine === null) begin(new URL("mainspring.wasm", import.meta.url));
  const [module, bytes] = await Promise.all([engine, bytesOf(source)]);
  const instance = await WebAssembly.instantiate(module, {});
  return new Predictor(instance.exports, bytes);
}

async function bytesOf(source) {
  const found = await source;
  if (typeof found?.arrayBuffer !== "function") return found;
  if (found.ok === false) {
    throw new MainspringError(`${found.url || "The bundle"}: HTTP status ${found.status}`);
  }
  return found.arrayBuffer();
}

/** A model with its transforms, ready to predict. Made by load(). */
class Predictor {
  #engine;
  #inputs = [];
  #labels = null;
  #widths = [];  // by kind
  #meta;
  #views = null;
  #out = { at: 0, room: 0 };
  #matrix = { at: 0, room: 0 };
  #bytes;

  constructor(exports, bytes) {
    if (typeof bytes?.byteLength !== "number") {
      throw new MainspringError(
        `load() takes a bundle: an ArrayBuffer, a view of one, a Response, a Blob or a promise of one ` +
        `of them, got ${shown(bytes)}. Of an address: load(fetch(address)).`);
    }
    this.#engine = exports;
    const file = ArrayBuffer.isView(bytes)
      ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      : new Uint8Array(bytes);
    this.#bytes = file.length;
    const at = this.#room(file.length);
    this.#memory.u8.set(file, at);
    this.#check(exports.open(at, file.length));
    for (let i = 0; i < exports.num_inputs(); ++i) this.#inputs.push(this.#inputAt(i));
    for (const kind of Object.values(KINDS)) this.#widths[kind] = exports.output_width(kind);
    this.#widths[KINDS.features] = exports.num_features();
    this.#meta = JSON.parse(this.#json());
    const count = exports.num_labels();
    if (count > 0) this.#labels = Array.from({ length: count }, (_, i) => this.#labelAt(i));
  }

  /** What the predictor is called. */
  get name() { return String(this.#meta.name ?? ""); }

  /** The JSON that the bundle holds for people and programs. */
  get meta() { return structuredClone(this.#meta); }

  /** The columns that rows must have: name, kind, whether it is a list, unit and time zone. */
  get inputs() {
    return this.#inputs.map(({ name, kind, isList, unit, timeZone }) => (
      { name, kind: INPUT_KINDS[kind], isList, unit: UNITS[unit], timeZone }));
  }

  /** What the classes are called; null where predict gives numbers. */
  get labels() { return this.#labels === null ? null : [...this.#labels]; }

  /** Bytes of the bundle, of its scratch and of all memory that the engine has. */
  get memory() {
    return { bundle: this.#bytes, scratch: this.#engine.scratch_bytes(),
             total: this.#engine.memory.buffer.byteLength };
  }

  /** Values of a row of an output kind; 0 where the bundle cannot give it. */
  width(kind = "predict") {
    return this.#widths[kindOf(kind)];
  }

  /**
   * Scores rows, objects with a value for each input; null and undefined are missing. Returns the
   * values row by row; of a classifier with labels, `predict` returns an array of these.
   */
  predict(rows, kind = "predict") {
    const values = this.#scores(rows, kind);
    if (kind !== "predict" || this.#labels === null) return values.slice();
    return Array.from(values, (number) => this.#labels[number]);
  }

  /** One row: a number, an array of numbers for several outputs, or a label. */
  predictRow(row, kind = "predict") {
    const values = this.#scores([row], kind);
    if (kind === "predict" && this.#labels !== null) return this.#labels[values[0]];
    return values.length === 1 ? values[0] : Array.from(values);
  }

  /** The features that the transforms make of rows, as float32, row by row. */
  transform(rows) { return this.#scores(rows, "features").slice(); }

  /**
   * Scores a matrix of features, past the transforms: numbers row by row, NaN where missing.
   */
  predictMatrix(values, numRows, kind = "predict") {
    const number = kindOf(kind);
    if (!Number.isSafeInteger(numRows) || numRows < 0 ||
        values.length !== numRows * this.#widths[KINDS.features]) {
      throw new MainspringError(
        `The matrix has ${values.length} numbers, expected ${this.#widths[KINDS.features]} ` +
        `features for each of ${numRows} rows.`);
    }
    const length = numRows * this.#widths[number];
    this.#reserve(this.#matrix, values.length * 8);
    this.#reserve(this.#out, length * 8);
    const from = this.#matrix.at, to = this.#out.at;
    const { f64 } = this.#memory;  // a matrix takes no memory that is not reserved
    f64.set(values, from / 8);
    this.#check(this.#engine.predict_matrix(number, numRows, from, to, length));
    return f64.slice(to / 8, to / 8 + length);
  }

  #scores(rows, kind) {
    const number = kindOf(kind);
    const engine = this.#engine;
    if (!Array.isArray(rows)) {
      throw new MainspringError(
        `The rows are ${shown(rows)}, expected an array of objects; predictRow() takes one row.`);
    }
    for (let row = 0; row < rows.length; ++row) {
      if (typeof rows[row] === "object" && rows[row] !== null) continue;
      throw new MainspringError(
        `Row ${row} is ${shown(rows[row])}, expected an object with a value for each input.`,
        0, null, row);
    }
    let memory = this.#memory;
    for (const input of this.#inputs) {
      const { column } = input;
      // Most rows come alone, and most of their values are numbers.
      if (rows.length === 1 && column.told === 1 && input.kind === FLOAT) {
        const value = rows[0][input.name];
        if (typeof value === "number") {
          memory.f64[column.values >> 3] = value;
          memory.u8[column.validity] = 1;
          continue;
        }
      }
      if (input.kind >= FIRST_LIST) this.#writeLists(input, rows);
      else this.#writeColumn(column, input, rows, (row) => row[input.name]);
      memory = this.#memory;  // which may have grown, and moved
    }
    const length = rows.length * this.width(kind);
    this.#reserve(this.#out, length * 8);
    this.#check(engine.predict(number, rows.length, this.#out.at, length));
    memory = this.#memory;
    return number === 4 ? memory.f32.subarray(this.#out.at / 4, this.#out.at / 4 + length)
                        : memory.f64.subarray(this.#out.at / 8, this.#out.at / 8 + length);
  }

  #writeColumn(column, input, rows, valueOf, isElement = false) {
    const numRows = rows.length;
    if (column.rows < numRows || column.rows === 0) {
      column.rows = Math.max(numRows, 2 * column.rows, 1);
      column.values = this.#room(8 * (column.rows + 1));
      column.validity = this.#room(column.rows / 8 + 1);
    }
    if (isString(input.kind)) {
      this.#writeStrings(column, input, rows, valueOf);
    } else {
      const { u8, f64, i64, i32 } = this.#memory;
      const { values, validity } = column;
      u8.fill(0, validity, validity + ((numRows + 7) >> 3));
      for (let row = 0; row < numRows; ++row) {
        const value = valueOf(rows[row], row);
        if (value === null || value === undefined) continue;
        if (input.kind === FLOAT || input.kind === FLOAT + 4) {
          if (typeof value !== "number") {
            if (typeof value !== "boolean" && typeof value !== "bigint") {
              fail(input, row, "a number", value);
            }
          }
          f64[(values >> 3) + row] = Number(value);
        } else if (input.unit === UNIT_DAY) {
          i32[(values >> 2) + row] = dayOf(value, input, row);
        } else {
          i64[(values >> 3) + row] =
            input.kind === TIMESTAMP ? timeOf(value, input, row) : integerOf(value, input, row);
        }
        u8[validity + (row >> 3)] |= 1 << (row & 7);
      }
    }
    if (column.told !== numRows || column.toldBytes !== column.bytesLength ||
        column.toldAt !== column.values || column.toldText !== column.bytes) {
      this.#engine.set_column(input.number, isElement ? 1 : 0, numRows, column.values,
                              column.validity, column.bytes, column.bytesLength);
      column.told = numRows;
      column.toldBytes = column.bytesLength;
      column.toldAt = column.values;
      column.toldText = column.bytes;
    }
  }

  #writeStrings(column, input, rows, valueOf) {
    const { values, validity } = column;
    let used = 0;
    let memory = this.#memory;
    memory.u8.fill(0, validity, validity + ((rows.length + 7) >> 3));
    memory.i32[values >> 2] = 0;
    for (let row = 0; row < rows.length; ++row) {
      const value = valueOf(rows[row], row);
      if (value !== null && value !== undefined) {
        if (typeof value !== "string") fail(input, row, "a string", value);
        const most = value.length * 3;
        if (used + most > column.bytesRoom) {
          const room = Math.max(2 * column.bytesRoom, used + most, 64);
          const moved = this.#room(room);
          memory = this.#memory;
          memory.u8.copyWithin(moved, column.bytes, column.bytes + used);
          column.bytes = moved;
          column.bytesRoom = room;
        }
        const at = column.bytes + used;
        used += encoder.encodeInto(value, memory.u8.subarray(at, at + most)).written;
        memory.u8[validity + (row >> 3)] |= 1 << (row & 7);
      }
      memory.i32[(values >> 2) + row + 1] = used;
    }
    column.bytesLength = used;
  }

  #writeLists(input, rows) {
    const all = [];
    const ends = [0];
    const present = [];
    rows.forEach((row, number) => {
      const list = row[input.name];
      const isMissing = list === null || list === undefined;
      if (!isMissing && !Array.isArray(list) && !ArrayBuffer.isView(list)) {
        fail(input, number, "a list", list);
      }
      if (!isMissing) for (const element of list) all.push(element);
      present.push(!isMissing);
      ends.push(all.length);
    });
    this.#writeColumn(input.elements, input, all, (element) => element, true);
    const column = input.column;
    if (column.rows < rows.length || column.rows === 0) {
      column.rows = Math.max(rows.length, 2 * column.rows, 1);
      column.values = this.#room(4 * (column.rows + 1));
      column.validity = this.#room(column.rows / 8 + 1);
    }
    const { u8, i32 } = this.#memory;
    i32.set(ends, column.values >> 2);
    u8.fill(0, column.validity, column.validity + ((rows.length + 7) >> 3));
    present.forEach((is, row) => { if (is) u8[column.validity + (row >> 3)] |= 1 << (row & 7); });
    this.#engine.set_column(input.number, 0, rows.length, column.values, column.validity, 0, 0);
  }

  get #memory() {
    const buffer = this.#engine.memory.buffer;
    if (this.#views === null || this.#views.buffer !== buffer) {
      this.#views = { buffer, u8: new Uint8Array(buffer), u32: new Uint32Array(buffer),
                      i32: new Int32Array(buffer), i64: new BigInt64Array(buffer),
                      f32: new Float32Array(buffer), f64: new Float64Array(buffer) };
    }
    return this.#views;
  }

  #room(bytes) {
    const at = this.#engine.room(Math.ceil(bytes));
    if (at === 0) throw new MainspringError(`There is no memory for ${bytes} bytes more.`, 7);
    return at;
  }

  #reserve(space, bytes) {
    if (space.room >= bytes && space.at !== 0) return;
    space.room = Math.max(bytes, 2 * space.room, 64);
    space.at = this.#room(space.room);
  }

  #text(at, length) { return decoder.decode(this.#memory.u8.subarray(at, at + length)); }

  #check(code) {
    if (code === 0) return;
    const at = this.#engine.message(code);
    const end = this.#memory.u8.indexOf(0, at);
    const where = this.#engine.where_of();
    throw new MainspringError(`${this.#text(at, end - at)} (code ${code}, at ${where})`, code);
  }

  #inputAt(number) {
    const at = this.#engine.input_at(number) >> 2;
    const [kind, unit, , name, nameLength, zone, zoneLength] =
      this.#memory.u32.subarray(at, at + 7);
    return { number, kind, unit, isList: kind >= FIRST_LIST, name: this.#text(name, nameLength),
             timeZone: zoneLength === 0 ? null : this.#text(zone, zoneLength),
             column: emptyColumn(), elements: emptyColumn() };
  }

  #labelAt(number) {
    const at = this.#engine.label_at(number);
    const { u32, i64, f64 } = this.#memory;
    switch (u32[(at >> 2) + 1]) {
      case 1: return small(i64[(at >> 3) + 1]);
      case 2: return f64[(at >> 3) + 2];
      case 3: return i64[(at >> 3) + 1] !== 0n;
      default: return this.#text(u32[(at >> 2) + 6], u32[(at >> 2) + 8]);
    }
  }

  #json() {
    const at = this.#engine.meta() >> 2;
    const { u32 } = this.#memory;
    return u32[at + 1] === 0 ? "{}" : this.#text(u32[at], u32[at + 1]);
  }
}

function emptyColumn() {
  return { rows: 0, values: 0, validity: 0, bytes: 0, bytesRoom: 0, bytesLength: 0, told: -1,
           toldBytes: -1, toldAt: 0, toldText: 0 };
}

function isString(kind) { return kind === STRING || kind === STRING + 4; }

function small(integer) {
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : integer;
}

function kindOf(kind) {
  const number = KINDS[kind];
  if (number === undefined) {
    throw new MainspringError(`Found kind '${kind}', expected predict, proba, raw or features.`);
  }
  return number;
}

function shown(got) { return typeof got === "string" ? `'${got}'` : String(got); }

function fail(input, row, expected, got) {
  throw new MainspringError(
    `Column '${input.name}' has ${shown(got)} at row ${row}, expected ${expected}.`, 0, input.name,
    row);
}

function inRange(value, input, row) {
  if (value < LOW || value > HIGH) fail(input, row, "an integer of 64 bits", value);
  return value;
}

function integerOf(value, input, row) {
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "bigint") return inRange(value, input, row);
  if (typeof value !== "number" || !Number.isInteger(value)) fail(input, row, "an integer", value);
  return inRange(BigInt(value), input, row);
}

function dayOf(value, input, row) {
  const days = timeOf(value, input, row);
  if (days < LOW_DAY || days > HIGH_DAY) fail(input, row, "days in 32 bits", value);
  return Number(days);
}

// A Date, RFC 3339 text, or an integer in the column's unit.
function timeOf(value, input, row) {
  if (typeof value === "number" || typeof value === "bigint") return integerOf(value, input, row);
  let milliseconds = NaN;
  let fraction = "";
  if (value instanceof Date) {
    milliseconds = value.getTime();
    fraction = String(((milliseconds % 1000) + 1000) % 1000).padStart(3, "0");
  } else if (typeof value === "string") {
    const found = TIME.exec(value);
    if (found !== null) {
      const [, day, time = "00:00:00", digits = "", zone = "Z"] = found;
      const clock = time.length === 5 ? `${time}:00` : time;
      milliseconds = Date.parse(`${day}T${clock}${zone.toUpperCase()}`);
      // Engines take the 30th of February for a day in March.
      const known = new Date(`${day}T00:00:00Z`);
      if (Number.isNaN(known.getTime()) || known.toISOString().slice(0, 10) !== day) {
        milliseconds = NaN;
      }
      fraction = digits;
    }
  }
  if (Number.isNaN(milliseconds)) {
    fail(input, row, "a Date, RFC 3339 text or an integer", value);
  }
  const seconds = BigInt(Math.floor(milliseconds / 1000));
  if (input.unit === UNIT_DAY) {
    const days = seconds / 86400n;
    return days * 86400n > seconds ? days - 1n : days;
  }
  const scale = PER_SECOND[input.unit];
  const rest = BigInt((fraction + "000000000").slice(0, 9)) * scale / 1000000000n;
  return inRange(seconds * scale + rest, input, row);
}
