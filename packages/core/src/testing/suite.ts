import * as tf from '@tensorflow/tfjs-core';
import type { Module, NamedParameters } from '../contracts/module';
import type { Random } from '../random';
import { gradientError, largestError, leakedTensors } from './numeric';

/** Collects the checks of one module; throws at the first that fails, naming contract, module and check. */
export class Suite {
  readonly passed: string[] = [];

  constructor(
    private readonly contract: string,
    private readonly module: Module,
  ) {}

  check(name: string, ok: boolean, detail = ''): void {
    if (!ok) {
      const { package: pkg, name: own } = this.module.info;
      throw new Error(`${this.contract} contract, ${pkg} ${own}: ${name}${detail ? `: ${detail}` : ''}`);
    }
    this.passed.push(name);
  }

  shape(name: string, tensor: tf.Tensor, expected: readonly number[]): void {
    const same = tensor.shape.length === expected.length && tensor.shape.every((s, i) => s === expected[i]);
    this.check(name, same, `expected shape [${expected}], got [${tensor.shape}]`);
    const finite = tensor.dataSync().every((x) => Number.isFinite(x));
    this.check(`${name}, finite`, finite, 'there are values that are not finite');
  }

  equal(name: string, actual: tf.Tensor, expected: tf.Tensor, tolerance: number): void {
    const error = largestError(actual.dataSync(), expected.dataSync());
    this.check(name, error <= tolerance, `largest difference ${error}, allowed ${tolerance}`);
  }

  gradient(loss: () => tf.Scalar, random: Random): void {
    const trainable = [...this.module.parameters.values()].some((v) => v.trainable);
    if (!trainable) return;
    const error = gradientErrorOf(loss, this.module.parameters, random);
    this.check('gradients equal central differences', error < 2e-2, `relative error ${error}`);
  }

  noLeak(name: string, run: () => unknown): void {
    tf.dispose(run() as tf.TensorContainer); // first call may build caches
    const leaked = leakedTensors(run);
    this.check(name, leaked === 0, `${leaked} tensors left`);
  }

  /** What every module owes: an identity that survives JSON and weights that go with `dispose`. */
  finish(): string[] {
    const { info, parameters } = this.module;
    const named = [info.package, info.version, info.name].every((s) => typeof s === 'string' && s !== '');
    this.check('info names package, version and implementation', named, JSON.stringify(info));
    const again = JSON.stringify(JSON.parse(JSON.stringify(info.config ?? null)));
    this.check('config is plain JSON', again === JSON.stringify(info.config ?? null));
    this.module.dispose();
    const kept = [...parameters].filter(([, v]) => !v.isDisposed).map(([name]) => name);
    this.check('dispose frees every weight', kept.length === 0, `kept ${kept.join(', ')}`);
    return this.passed;
  }
}

/** {@link gradientError} of up to three directions: one may cross a kink, a wrong gradient is wrong in all. */
export function gradientErrorOf(loss: () => tf.Scalar, parameters: NamedParameters, random: Random): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3 && least >= 1e-2; i++) {
    least = Math.min(least, gradientError(loss, parameters, random));
  }
  return least;
}
