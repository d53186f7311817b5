import * as tf from '@tensorflow/tfjs-core';
import type { NamedParameters } from '../contracts/module';
import { arrayForTensor, borrowed } from '../host-arrays';
import { arrayMoments } from './array-moments';
import { moduleMoments } from './module-moments';
import type { Moments } from './moments';

/** Parameters that share a learning rate. */
export interface ParameterGroup {
  readonly name: string;
  readonly parameters: NamedParameters;
  readonly learningRate: number;
}

/** Options of {@link Adam}; the defaults are PyTorch's. */
export interface AdamOptions {
  /** Decay rates of both moments, 0.9 and 0.999. */
  readonly betas?: readonly [number, number];
  /** Added to the root of the second moment, 1e-8. */
  readonly epsilon?: number;
  /** Keep the largest second moment (Reddi et al. 2018). */
  readonly amsgrad?: boolean;
  /** L2 penalty added to the gradient after clipping, as `torch.optim.Adam(weight_decay)`. */
  readonly weightDecay?: number;
  /** Each gradient element is clipped to ±this before everything else; none when absent. */
  readonly clipValue?: number;
  /** Multiplies all learning rates; see {@link stepLr}. */
  readonly schedule?: (epoch: number) => number;
}

/** PyTorch's StepLR: ×`gamma` every `every` epochs. */
export const stepLr =
  (every: number, gamma: number) =>
  (epoch: number): number =>
    gamma ** Math.floor(epoch / every);

interface Slot {
  readonly variable: tf.Variable;
  readonly learningRate: number;
  readonly moments: Moments;
}

/**
 * Adam with AMSGrad, L2 decay, value clipping and parameter groups, equal to `torch.optim.Adam` after
 * `clip_grad_value_`. Every parameter is updated in one pass, in float32, by a
 * WebAssembly module where there is one, else by JavaScript with equal bits. Moments below float32's normal range become 0;
 * a parameter without a gradient in a step is left alone, and its own step count does not move.
 * Needs a backend that reads synchronously (CPU, WASM, native).
 */
export class Adam {
  private readonly slots = new Map<string, Slot>();
  private readonly steps = new Map<string, number>();
  private readonly options: Required<Omit<AdamOptions, 'clipValue'>> & { clipValue: number };
  /** Moves the schedule. */
  epoch = 0;

  /** @throws Error if two groups name the same parameter */
  constructor(groups: readonly ParameterGroup[], options: AdamOptions = {}) {
    this.options = {
      betas: options.betas ?? [0.9, 0.999],
      epsilon: options.epsilon ?? 1e-8,
      amsgrad: options.amsgrad ?? false,
      weightDecay: options.weightDecay ?? 0,
      clipValue: options.clipValue ?? Number.POSITIVE_INFINITY,
      schedule: options.schedule ?? (() => 1),
    };
    const found = new Map<string, Omit<Slot, 'moments'>>();
    for (const { parameters, learningRate } of groups) {
      for (const [name, variable] of parameters) {
        if (!variable.trainable) continue;
        if (found.has(name)) throw new Error(`Adam: parameter ${name} is in two groups`);
        found.set(name, { variable, learningRate });
      }
    }
    const sizes = [...found.values()].map(({ variable }) => variable.size);
    const { amsgrad } = this.options;
    const moments = moduleMoments(sizes, amsgrad) ?? arrayMoments(sizes, amsgrad);
    for (const [name, slot] of found) {
      this.slots.set(name, { ...slot, moments: moments[this.slots.size] });
      this.steps.set(name, 0);
    }
  }

  /** The trainable parameters by name. */
  get parameters(): NamedParameters {
    return new Map([...this.slots].map(([name, slot]) => [name, slot.variable]));
  }

  /**
   * One update. Gradients are read, not disposed.
   * @throws Error for a gradient of an unknown name
   * @throws RangeError if a gradient is not finite; no weight has changed then
   */
  step(gradients: ReadonlyMap<string, tf.Tensor>): void {
    const values = new Map<string, Float32Array>();
    for (const [name, gradient] of gradients) {
      if (!this.slots.has(name)) throw new Error(`Adam: no parameter is called ${name}`);
      const array = borrowed(gradient);
      if (!allFinite(array)) throw new RangeError(`Adam: the gradient of ${name} is not finite`);
      values.set(name, array);
    }
    const factor = this.options.schedule(this.epoch);
    for (const [name, gradient] of values) {
      const slot = this.slots.get(name)!;
      const t = this.steps.get(name)! + 1;
      this.steps.set(name, t);
      const updated = this.updated(slot, gradient, t, slot.learningRate * factor);
      const tensor = tf.tensor(updated, slot.variable.shape, 'float32');
      slot.variable.assign(tensor);
      tensor.dispose();
    }
  }

  /** Moments and step counts by name, to save; copies. */
  state(): Map<string, Float32Array> {
    return new Map([...this.parts()].map(([name, part]) => [name, part.slice()]));
  }

  /** @throws Error if a name is missing or an array has another length; nothing is changed then */
  loadState(state: ReadonlyMap<string, Float32Array>): void {
    for (const [name, own] of this.parts()) {
      const found = state.get(name);
      if (found?.length !== own.length) {
        throw new Error(
          `optimizer state: ${name} must have ${own.length} values, found ${found?.length ?? 'none'}`,
        );
      }
    }
    for (const [name, own] of this.parts()) own.set(state.get(name)!);
    for (const name of this.slots.keys()) this.steps.set(name, state.get(`${name}/steps`)![0]);
  }

  /** What {@link state} copies: the moments themselves. */
  private *parts(): Generator<[name: string, part: Float32Array]> {
    for (const [name, { moments }] of this.slots) {
      yield [`${name}/first`, moments.first];
      yield [`${name}/second`, moments.second];
      if (moments.largest) yield [`${name}/largest`, moments.largest];
      yield [`${name}/steps`, Float32Array.of(this.steps.get(name)!)];
    }
  }

  private updated(
    { moments, variable }: Slot,
    gradient: Float32Array,
    t: number,
    rate: number,
  ): Float32Array {
    const { betas, epsilon, weightDecay, clipValue } = this.options;
    const [b1, b2] = betas;
    // PyTorch's rate/(1 − β₁ᵗ) · first/(√v/c + ε) with c = √(1 − β₂ᵗ), top and bottom times c: one division fewer
    const correction = Math.sqrt(1 - b2 ** t);
    const out = arrayForTensor(variable.size);
    moments.step(borrowed(variable), gradient, out, {
      clip: clipValue,
      decay: weightDecay,
      betas,
      stepSize: (rate / (1 - b1 ** t)) * correction,
      floor: epsilon * correction,
    });
    return out;
  }
}

/** NaN and ±∞ times 0 leave NaN behind. Four sums at a time, since one alone waits for each of its additions. */
function allFinite(values: Float32Array): boolean {
  const n = values.length;
  let a = 0; // no destructuring: it makes this loop three times slower
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (const last = n - 3; i < last; i += 4) {
    a += values[i] * 0;
    b += values[i + 1] * 0;
    c += values[i + 2] * 0;
    d += values[i + 3] * 0;
  }
  for (; i < n; i++) a += values[i] * 0;
  return a + b + c + d === 0;
}
