import { z } from 'zod';
import { largestError } from '../../comparison.mjs';
import { parseCase } from '../../folder.mjs';

const TOLERANCE = 1e-12;
/** No folder may ask for less. */
const LOOSEST = 1e-5;

/** Reference values that a `case.json` holds alone: numbers, words, texts. */
export class TableCase {
  #emit;
  #tolerance;
  #shape;

  /**
   * @param {string} folder
   * @param {(line: import('../../comparison.mjs').Line) => void} emit
   */
  constructor(folder, emit) {
    this.folder = folder;
    this.#emit = emit;
    const { tolerance } = parseCase(folder, z.looseObject({ tolerance: z.number().default(TOLERANCE) }));
    this.#tolerance = Math.min(tolerance, LOOSEST);
    this.#shape = (/** @type {z.ZodRawShape} */ shape) => parseCase(folder, z.looseObject(shape));
  }

  /**
   * What the case holds.
   * @param {z.ZodRawShape} shape of what is read
   * @returns {any}
   */
  read(shape) {
    return this.#shape(shape);
  }

  /**
   * Every value that is expected against what was found under the same name; null and NaN are equal.
   * @param {string} prefix
   * @param {Record<string, unknown>} found
   * @param {Record<string, unknown>} expected
   */
  check(prefix, found, expected) {
    for (const [key, value] of Object.entries(expected)) {
      const name = `${prefix}/${key}`;
      if (key in found) this.#compare(name, found[key] ?? Number.NaN, value ?? Number.NaN);
      else this.#differs(name, 'nothing compares this value');
    }
  }

  /** @param {string} tensor @param {unknown} found @param {unknown} expected */
  #compare(tensor, found, expected) {
    if (typeof found === 'number' && typeof expected === 'number') {
      const tolerance = this.#tolerance;
      const maxAbs = largestError([found], [expected]);
      const measured = Number.isFinite(maxAbs) ? maxAbs : null;
      return this.#emit({ tensor, maxAbs: measured, tolerance, ok: maxAbs <= tolerance });
    }
    const [is, wanted] = [found, expected].map((x) => JSON.stringify(x));
    if (is !== wanted) return this.#differs(tensor, 'other words than the reference values');
    this.#emit({ tensor, maxAbs: 0, tolerance: 0, ok: true });
  }

  /** @param {string} tensor @param {string} reason */
  #differs(tensor, reason) {
    this.#emit({ tensor, maxAbs: null, tolerance: 0, ok: false, reason });
  }
}
