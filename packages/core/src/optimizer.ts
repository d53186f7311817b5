import * as tf from '@tensorflow/tfjs-core';
import type { NamedParameters } from './contracts/module';

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
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly largest: Float32Array | null;
}

/**
 * Adam with AMSGrad, L2 decay, value clipping and parameter groups, equal to `torch.optim.Adam` after
 * `clip_grad_value_`. Moments live in typed arrays and every parameter is updated in one pass, in float32;
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
    for (const group of groups) {
      for (const [name, variable] of group.parameters) {
        if (!variable.trainable) continue;
        if (this.slots.has(name)) throw new Error(`Adam: parameter ${name} is in two groups`);
        const zeros = (): Float32Array => new Float32Array(variable.size);
        this.slots.set(name, {
          variable,
          learningRate: group.learningRate,
          first: zeros(),
          second: zeros(),
          largest: this.options.amsgrad ? zeros() : null,
        });
        this.steps.set(name, 0);
      }
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
      const array = gradient.dataSync() as Float32Array;
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
    const out = new Map<string, Float32Array>();
    for (const [name, slot] of this.slots) {
      out.set(`${name}/first`, slot.first.slice());
      out.set(`${name}/second`, slot.second.slice());
      if (slot.largest) out.set(`${name}/largest`, slot.largest.slice());
      out.set(`${name}/steps`, Float32Array.of(this.steps.get(name)!));
    }
    return out;
  }

  /** @throws Error if a name is missing or an array has another length; nothing is changed then */
  loadState(state: ReadonlyMap<string, Float32Array>): void {
    const expected = this.state();
    for (const [name, own] of expected) {
      const found = state.get(name);
      if (found?.length !== own.length) {
        throw new Error(
          `optimizer state: ${name} must have ${own.length} values, found ${found?.length ?? 'none'}`,
        );
      }
    }
    for (const [name, slot] of this.slots) {
      slot.first.set(state.get(`${name}/first`)!);
      slot.second.set(state.get(`${name}/second`)!);
      slot.largest?.set(state.get(`${name}/largest`)!);
      this.steps.set(name, state.get(`${name}/steps`)![0]);
    }
  }

  private updated(slot: Slot, gradient: Float32Array, t: number, rate: number): Float32Array {
    const { betas, epsilon, weightDecay, clipValue } = this.options;
    const [b1, b2] = betas;
    const { first, second, largest } = slot;
    // PyTorch's rate/(1 − β₁ᵗ) · first/(√v/c + ε) with c = √(1 − β₂ᵗ), top and bottom times c: one division fewer
    const correction = Math.sqrt(1 - b2 ** t);
    const stepSize = (rate / (1 - b1 ** t)) * correction;
    const floor = epsilon * correction;
    const weights = slot.variable.dataSync() as Float32Array;
    const out = new Float32Array(weights.length);
    for (let i = 0; i < out.length; i++) {
      const w = weights[i];
      let g = gradient[i];
      g = Math.min(Math.max(g, -clipValue), clipValue) + weightDecay * w;
      first[i] = b1 * first[i] + (1 - b1) * g;
      second[i] = b2 * second[i] + (1 - b2) * g * g;
      let v = second[i];
      if (largest) {
        if (v > largest[i]) largest[i] = v;
        v = largest[i];
      }
      out[i] = w - (stepSize * first[i]) / (Math.sqrt(v) + floor);
    }
    return out;
  }
}

/**
 * Value and gradients of a scalar function of trainable parameters. The caller disposes both.
 * Parameters that do not take part have no entry.
 */
export function valueAndGradients(
  loss: () => tf.Scalar,
  parameters: NamedParameters,
): { value: tf.Scalar; gradients: Map<string, tf.Tensor> } {
  const trainable = [...parameters].filter(([, variable]) => variable.trainable);
  const { value, grads } = tf.variableGrads(
    loss,
    trainable.map(([, variable]) => variable),
  );
  const gradients = new Map<string, tf.Tensor>();
  for (const [name, variable] of trainable) {
    const gradient = grads[variable.name];
    if (gradient) gradients.set(name, gradient);
  }
  return { value, gradients };
}

function allFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * 0; // NaN and ±∞ leave NaN behind
  return sum === 0;
}
