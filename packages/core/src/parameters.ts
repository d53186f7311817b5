import * as tf from '@tensorflow/tfjs-core';
import type { NamedParameters } from './contracts/module';
import { type Initializer, zeros } from './initializers';
import type { Random } from './random';

/**
 * Makes a module's weights under readable, dotted names: `new Parameters(random).scope('query').add('weight', …)`
 * is `query.weight`. Scopes share one map, so `all` of the root is what the module saves.
 */
export class Parameters {
  private constructor(
    private readonly random: Random,
    private readonly prefix: string,
    private readonly map: Map<string, tf.Variable>,
  ) {}

  /** @param random stream for initial values; each weight takes its own sub-stream, named like the weight */
  static create(random: Random): Parameters {
    return new Parameters(random, '', new Map());
  }

  scope(name: string | number): Parameters {
    return new Parameters(this.random, `${this.prefix}${name}.`, this.map);
  }

  /** @throws Error if the name is taken */
  add(name: string, shape: readonly number[], init: Initializer, trainable = true): tf.Variable {
    const full = this.prefix + name;
    if (this.map.has(full)) throw new Error(`Parameters: the name ${full} is taken`);
    const { unset } = this.random;
    const first = unset ? zeros(shape, this.random) : init(shape, this.random.split(full));
    const value = tf.tensor(first, [...shape], 'float32');
    const variable = tf.variable(value, trainable);
    value.dispose();
    unset?.add(variable);
    this.map.set(full, variable);
    return variable;
  }

  /** Every weight made from the same root. */
  get all(): NamedParameters {
    return this.map;
  }
}

/** The same weights with `prefix.` before each name. */
export function prefixed(prefix: string, parameters: NamedParameters): NamedParameters {
  return new Map([...parameters].map(([name, variable]) => [`${prefix}.${name}`, variable]));
}

export function disposeParameters(parameters: NamedParameters): void {
  for (const variable of parameters.values()) if (!variable.isDisposed) variable.dispose();
}
