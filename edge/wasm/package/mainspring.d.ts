// Types of mainspring.js.

export type Value = number | bigint | string | boolean | Date | null | undefined;
export type Row = Record<string, Value | Value[]>;
export type Label = number | bigint | string | boolean;
export type OutputKind = "predict" | "proba" | "raw";

export interface Input {
  name: string;
  kind: "float" | "integer" | "string" | "timestamp";
  isList: boolean;
  /** Of a timestamp: s, ms, us, ns or day; else empty. */
  unit: string;
  timeZone: string | null;
}

export interface Memory {
  bundle: number;
  scratch: number;
  total: number;
}

export type Bundle = ArrayBuffer | ArrayBufferView | Response | Blob;

export declare class MainspringError extends Error {
  code: number;
  column: string | null;
  row: number | null;
}

export interface Predictor {
  readonly name: string;
  readonly meta: Record<string, unknown>;
  readonly inputs: Input[];
  readonly labels: Label[] | null;
  readonly memory: Memory;
  width(kind?: OutputKind | "features"): number;
  predict(rows: Row[], kind?: OutputKind): Float64Array | Label[];
  predictRow(row: Row, kind?: OutputKind): number | number[] | Label;
  transform(rows: Row[]): Float32Array;
  predictMatrix(values: ArrayLike<number>, numRows: number, kind?: OutputKind): Float64Array;
}

/** What comes of a promise comes while the engine is compiled: `load(fetch("late.spring"))`. */
export declare function load(
  source: Bundle | PromiseLike<Bundle>,
): Promise<Predictor>;
export declare function useEngine(
  source: ArrayBuffer | ArrayBufferView | Response | URL | string | WebAssembly.Module,
): Promise<void>;
