import { toFloat32 } from '@raca/core';

/** Allowed error of values and gradients. */
export const CLOSE = 1e-4;
/** Allowed error of tokens and actions. */
export const EXACT = 0;

/**
 * One line of the output. `maxAbs` is the largest error, null where there is nothing to measure; then `reason`
 * says why.
 *
 * @typedef {{ tensor: string, maxAbs: number | null, tolerance: number, ok: boolean, reason?: string }} Line
 * @typedef {import('@raca/core').StoredTensor} StoredTensor
 * @typedef {import('@tensorflow/tfjs-core').Tensor} Tensor
 */

/** Compares the tensors of one file, and knows which of them nobody has looked at. */
export class Comparison {
  /** @type {Set<string>} */
  #seen = new Set();

  /**
   * @param {ReadonlyMap<string, StoredTensor>} expected
   * @param {(line: Line) => void} emit
   * @param {string} prefix before every name of the output
   */
  constructor(expected, emit, prefix = '') {
    this.expected = expected;
    this.emit = emit;
    this.prefix = prefix;
  }

  /** @param {string} name */
  has(name) {
    return this.expected.has(name);
  }

  /** Names of the file's tensors that match. @param {RegExp} pattern */
  names(pattern) {
    return [...this.expected.keys()].filter((name) => pattern.test(name));
  }

  /**
   * An input of the reference program, which need not be compared.
   * @param {string} name
   * @param {readonly (number | null)[]} [shape] expected; null for any size
   * @throws Error if it is missing or has another shape
   */
  input(name, shape) {
    const stored = this.expected.get(name);
    if (!stored) throw new Error(`the reference values have no tensor ${this.prefix}${name}`);
    if (shape && !fits(stored.shape, shape)) {
      const want = shape.map((size) => size ?? '?');
      throw new Error(`${this.prefix}${name}: expected shape [${want}], found [${stored.shape}]`);
    }
    this.#seen.add(name);
    return { shape: [...stored.shape], data: toFloat32(stored) };
  }

  /**
   * Compares values with the file's; disposes tensors.
   * @param {string} name
   * @param {Tensor | ArrayLike<number>} actual a tensor's shape is compared too, an array's length only
   */
  check(name, actual, tolerance = this.toleranceOf(name)) {
    this.#seen.add(name);
    const found = 'dataSync' in actual ? actual.dataSync() : actual;
    const shape = 'dataSync' in actual ? actual.shape : null;
    if ('dispose' in actual) actual.dispose();
    const stored = this.expected.get(name);
    if (!stored) return this.#miss(name, tolerance, 'the reference values have no such tensor');
    const values = toFloat32(stored);
    if (found.length !== values.length || (shape && !sameShape(shape, stored.shape))) {
      const sizes = `expected [${stored.shape}], found [${shape ?? found.length}]`;
      return this.#miss(name, tolerance, `another shape: ${sizes}`);
    }
    const maxAbs = this.errorOf(found, values, name);
    const measured = Number.isFinite(maxAbs) ? maxAbs : null;
    const ok = maxAbs <= tolerance;
    this.emit({ tensor: this.prefix + name, maxAbs: measured, tolerance, ok });
  }

  /** @param {string} _name of a tensor */
  toleranceOf(_name) {
    return CLOSE;
  }

  /** @param {ArrayLike<number>} actual @param {ArrayLike<number>} expected @param {string} _name of the tensor */
  errorOf(actual, expected, _name) {
    return largestError(actual, expected);
  }

  /** @param {string} name @param {string} reason */
  fail(name, reason, tolerance = this.toleranceOf(name)) {
    this.#seen.add(name);
    this.#miss(name, tolerance, reason);
  }

  /** Every tensor that was neither an input nor compared is off. */
  finish() {
    for (const name of this.expected.keys()) {
      if (!this.#seen.has(name)) this.fail(name, 'nothing compares this tensor');
    }
  }

  /** @param {string} name @param {number} tolerance @param {string} reason */
  #miss(name, tolerance, reason) {
    this.emit({ tensor: this.prefix + name, maxAbs: null, tolerance, ok: false, reason });
  }
}

/**
 * Largest |a − e| / max(1, |e|): absolute, relative above 1. Equal infinities and two NaN agree; one NaN is ∞.
 * @param {ArrayLike<number>} actual
 * @param {ArrayLike<number>} expected
 */
export function largestError(actual, expected) {
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i], expected[i]];
    if (Object.is(a, e)) continue;
    const error = Math.abs(a - e) / Math.max(1, Math.abs(e));
    if (!(error <= worst)) worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
  }
  return worst;
}

/** @param {readonly number[]} shape @param {readonly (number | null)[]} wanted */
const fits = (shape, wanted) =>
  shape.length === wanted.length && wanted.every((size, i) => size === null || size === shape[i]);

/** A scalar is stored as one value of shape [1]. @param {readonly number[]} a @param {readonly number[]} b */
const sameShape = (a, b) => (a.length === 0 ? b.length <= 1 : fits(a, b));
