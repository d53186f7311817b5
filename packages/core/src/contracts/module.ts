import type { Scalar, Variable } from '@tensorflow/tfjs-core';
import type { Random } from '../random';
import type { LossInput } from './losses';

/** Weights by name, in the order in which they were made. Linear weights are `[in, out]`. */
export type NamedParameters = ReadonlyMap<string, Variable>;

/** Enough to make the module again: which package and version, which of its factories, and the plain config. */
export interface ModuleInfo {
  /** npm name, such as `@raca/bca`; a user's own module may put any name here. */
  readonly package: string;
  readonly version: string;
  /** Name of the implementation within the package, such as `bca`. */
  readonly name: string;
  /** Plain JSON data. */
  readonly config: unknown;
}

/** What every swappable part has. */
export interface Module {
  readonly info: ModuleInfo;
  /** All weights to save; those with `trainable` set are trained. */
  readonly parameters: NamedParameters;
  /** What the module itself wants of a training batch: named losses, added to the model's. Absent: nothing. */
  losses?(input: LossInput, pass: Pass): Record<string, Scalar>;
  /** Frees all weights. The module cannot be used afterwards. */
  dispose(): void;
}

/**
 * How a forward pass runs. Dropout acts in training only and draws from `random`. Where `gradients` is false, nobody
 * will ask for a gradient, and a module may take a faster way.
 */
export type Pass =
  | { readonly training: false; readonly gradients?: boolean }
  | { readonly training: true; readonly random: Random };

/** A deterministic pass: no dropout, no augmentation. */
export const EVALUATION: Pass = { training: false };

/** {@link EVALUATION} of which no gradient will be asked: how reports are written. */
export const INFERENCE: Pass = { training: false, gradients: false };

/** Whether no gradient of this pass will be asked. */
export const isInference = (pass: Pass): boolean => !pass.training && pass.gradients === false;
