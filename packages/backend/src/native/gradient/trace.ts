import * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend';
import type { Node } from '../onnx-bytes';
import { Recorder, same, type Value } from '../record';
import type { GradientCall } from './program';

/** What one run of a function and of its gradient did. Values are named i0, i1, … (inputs), w0, w1, … (weights), dy. */
export interface Trace {
  /** The function's operators, then its gradient's. */
  readonly nodes: readonly Node[];
  /** Number of the function's. */
  readonly mark: number;
  readonly vectors: Recorder['vectors'];
  readonly reshapes: Recorder['reshapes'];
  readonly constants: Recorder['constants'];
  readonly value: Value;
  /** By input and weight; null where the value does not depend on it. */
  readonly gradients: readonly (Value | null)[];
  /** Every value by name. */
  readonly values: ReadonlyMap<string, Value>;
}

/** Runs f and its gradient on copies of the inputs and notes every kernel. @throws NotRecordable */
export function trace({ f, inputs, given, weights }: GradientCall, backend: NativeBackend): Trace {
  const recorder = new Recorder(true);
  const known = (data: Float32Array, name: string, shape: number[]): tf.Tensor => {
    recorder.know(data, name, shape);
    return tf.tensor(data, shape, 'float32');
  };
  backend.recorder = recorder;
  try {
    let found: Trace | undefined;
    tf.tidy(() => {
      const copies = [...inputs, ...given].map((t, i) => known(backend.read32(t).slice(), `i${i}`, t.shape));
      weights.forEach((w, i) => {
        recorder.know(backend.own(w), `w${i}`, w.shape);
      });
      let mark = 0;
      let y: tf.Tensor | undefined;
      const seeded = tf.customGrad((x) => {
        const { shape, size } = x as tf.Tensor;
        return {
          value: tf.clone(x as tf.Tensor),
          gradFunc: () => known(new Float32Array(size), 'dy', shape),
        };
      });
      const { grads } = tf.engine().gradients(
        () => {
          y = f(copies);
          mark = recorder.nodes.length;
          return seeded(y);
        },
        [...copies.slice(0, inputs.length), ...weights],
        undefined as unknown as tf.Tensor,
        true,
      );
      const value = recorder.result(y!, backend);
      const gradients = grads.map((g) => (g ? recorder.result(g, backend) : null));
      const { nodes, vectors, reshapes, byName: values } = recorder;
      const constants = Object.fromEntries(
        Object.entries(recorder.constants).map(([name, { shape, data }]) => [
          name,
          { shape, data: data.slice() },
        ]),
      );
      found = { nodes, mark, vectors, reshapes, constants, value, gradients, values };
    });
    return found!;
  } finally {
    backend.recorder = null;
  }
}

/**
 * What a trace holds that the other, of other data, does not; null if they are the same. A constant that differs was
 * made from data: a program would go on using the first one.
 */
export function difference(one: Trace, other: Trace): string | null {
  const structure = ({ nodes, mark, vectors, reshapes, value, gradients }: Trace) =>
    JSON.stringify([nodes, mark, vectors, reshapes, value, gradients]);
  if (structure(one) !== structure(other)) return 'other kernels';
  for (const [name, { shape, data }] of Object.entries(one.constants)) {
    const found = other.constants[name];
    if (!same(shape, found.shape) || data.some((x, i) => !Object.is(x, found.data[i]))) {
      return `a constant [${shape}] that depends on data`;
    }
  }
  return null;
}
