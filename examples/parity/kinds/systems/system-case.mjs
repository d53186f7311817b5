import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { toFloat32, valueAndGradients } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Comparison, EXACT, largestError } from '../../comparison.mjs';
import { parseCase, readTensors } from '../../folder.mjs';

const OUTPUT = 1e-5;
const GRADIENT = 1e-4;
/** What an error is divided by at least. */
const FLOOR = { output: 0.1, gradient: 0.01 };

const schema = z.looseObject({
  hyper: z.record(z.string(), z.unknown()).default({}),
  gradients: z.record(z.string(), z.object({ prefix: z.string(), of: z.array(z.string()) })).default({}),
  tolerance: z.looseObject({ tensors: z.record(z.string(), z.number()).default({}) }),
});

/**
 * A system's reference values: inputs and expected values in `io.safetensors`, weights in `weights.safetensors`, options and what
 * is differentiated by what in `case.json`.
 *
 * @typedef {import('@tensorflow/tfjs-core').Tensor} Tensor
 * @typedef {{ variable: import('@tensorflow/tfjs-core').Variable, there?: (gradient: Tensor) => Tensor }} Weight a weight
 *   of ours, and how its gradient is laid out in the folder
 */
export class SystemCase extends Comparison {
  #path;
  #hyper;
  #gradients;
  #weights;
  #exceptions;

  /** Tensors that our interfaces do not give. @type {string[]} */
  hidden = [];

  /** @param {string} folder @param {(line: import('../../comparison.mjs').Line) => void} emit */
  constructor(folder, emit) {
    super(readTensors(folder, 'io.safetensors').tensors, emit);
    const { hyper, gradients, tolerance } = parseCase(folder, schema);
    const weights = 'weights.safetensors';
    this.#path = join(folder, 'case.json');
    this.#hyper = hyper;
    this.#gradients = gradients;
    this.#exceptions = tolerance.tensors;
    this.#weights = existsSync(join(folder, weights)) ? readTensors(folder, weights).tensors : new Map();
  }

  /**
   * Options of the case.
   * @template {z.ZodRawShape} S
   * @param {S} shape
   */
  hyper(shape) {
    const parsed = z.object(shape).safeParse(this.#hyper);
    if (parsed.success) return parsed.data;
    const [{ path, message }] = parsed.error.issues;
    throw new Error(`${this.#path}: hyper.${path.join('.')}: ${message}`);
  }

  /** An input or a weight. @param {string} name */
  tensor(name) {
    const weight = this.#weights.get(name);
    if (weight) return tf.tensor(toFloat32(weight), [...weight.shape]);
    const { data, shape } = this.input(name);
    return tf.tensor(data, shape);
  }

  /** Values of an input. @param {string} name */
  values(name) {
    return this.input(name).data;
  }

  /**
   * A loss and its gradients, by the inputs that the case names and by weights.
   *
   * @param {string} name of the loss
   * @param {(inputs: Record<string, any>) => any} loss
   * @param {Record<string, Weight>} [weights] by their names in the folder
   */
  differentiate(name, loss, weights = {}) {
    const { prefix, of } = this.#gradients[name] ?? { prefix: 'grad.', of: [] };
    const inputs = Object.fromEntries(
      of.filter((input) => !(input in weights)).map((input) => [input, tf.variable(this.tensor(input))]),
    );
    const variables = new Map([
      ...Object.entries(inputs),
      ...Object.entries(weights).map(([own, { variable }]) => /** @type {const} */ ([own, variable])),
    ]);
    const { value, gradients } = valueAndGradients(() => loss(inputs), variables);
    this.check(name, value);
    for (const tensor of of) {
      const gradient = gradients.get(tensor) ?? tf.zeros(this.tensor(tensor).shape);
      this.check(prefix + tensor, weights[tensor]?.there?.(gradient) ?? gradient);
    }
    tf.dispose(inputs);
  }

  /** Values in between that our interfaces do not give. @param {string[]} names */
  hide(...names) {
    for (const name of names.filter((own) => this.has(own))) {
      this.input(name);
      this.hidden.push(name);
    }
  }

  /** @override @param {string} name */
  toleranceOf(name) {
    if (this.expected.get(name)?.dtype === 'I32') return EXACT;
    return this.#exceptions[name] ?? (isGradient(name) ? GRADIENT : OUTPUT);
  }

  /**
   * Largest |a − e| over the tensor's largest |e|, 0.1 at least, of gradients 0.01; of whole numbers |a − e|.
   * @override
   * @param {ArrayLike<number>} actual
   * @param {ArrayLike<number>} expected
   * @param {string} name
   */
  errorOf(actual, expected, name) {
    if (this.toleranceOf(name) === EXACT) return largestError(actual, expected);
    let [worst, largest] = [0, isGradient(name) ? FLOOR.gradient : FLOOR.output];
    for (let i = 0; i < expected.length; i++) {
      const error = Math.abs(actual[i] - expected[i]);
      if (!(error <= worst)) worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
      largest = Math.max(largest, Math.abs(expected[i]));
    }
    return worst / largest;
  }
}

/** @param {string} name */
const isGradient = (name) => name.startsWith('grad.');
