import * as tf from '@tensorflow/tfjs-core';
import type { NamedParameters } from './contracts/module';

/** What a backend offers that compiles functions with their gradients, as the native one does. */
interface GradientBackend {
  readonly gradients: {
    find(call: Call, mayTrace: boolean): { run(call: Call, keeps: boolean): Run } | null;
    forget(f: Call['f']): void;
  };
}

interface Call {
  readonly f: (tensors: readonly tf.Tensor[]) => tf.Tensor;
  readonly inputs: readonly tf.Tensor[];
  readonly given: readonly tf.Tensor[];
  readonly weights: readonly tf.Variable[];
}

interface Run {
  readonly value: tf.Tensor;
  readonly gradient: (dy: tf.Tensor) => tf.Tensor[];
  readonly kept: readonly tf.Tensor[];
}

/** Whether the backend in use compiles functions with their gradients. */
export const recordsGradients = (): boolean =>
  (tf.backend() as Partial<GradientBackend>).gradients !== undefined;

/**
 * A differentiable function that is trained: where the backend can (native), its kernels and those of its gradient are
 * recorded once a form of its inputs, and later calls are one program forwards and one backwards, into which the
 * weights are fed. Elsewhere, and in the first call of each form, it just runs.
 *
 * The function must be a plain chain of tensor operations whose kernels depend on shapes alone. All that changes from
 * call to call (masks, positions, dropout) must come in as a tensor. A constant that two recordings do not share shows
 * that the rule is broken; the function then runs kernel by kernel for ever.
 */
export class TrainedProgram {
  private readonly f: Call['f'];

  /**
   * @param weights all variables that f reads
   * @param f inputs and given tensors, in one list → result
   */
  constructor(
    private readonly weights: NamedParameters,
    f: Call['f'],
  ) {
    this.f = (tensors) => f(tensors); // a function of its own: its identity is the key of what is recorded
  }

  /**
   * f of the tensors.
   * @param inputs get a gradient, and so do trainable weights
   * @param given get none
   */
  run(inputs: readonly tf.Tensor[], given: readonly tf.Tensor[] = []): tf.Tensor {
    const wanted = tf.engine().state.gradientDepth > 0;
    const weights = [...this.weights.values()].filter(({ trainable }) => trainable);
    const call: Call = { f: this.f, inputs, given, weights };
    const program = (tf.backend() as Partial<GradientBackend>).gradients?.find(call, wanted);
    if (!program) return tf.tidy(() => this.f([...inputs, ...given.map((x) => detached(x))]));
    if (!wanted) return program.run(call, false).value;
    const op = tf.customGrad((...args) => {
      const { value, gradient, kept } = program.run(call, true);
      (args.at(-1) as tf.GradSaveFunc)([...kept]);
      return { value, gradFunc: gradient };
    });
    return op(...inputs, ...weights);
  }

  /** Forgets what was recorded. */
  dispose(): void {
    (tf.backend() as Partial<GradientBackend>).gradients?.forget(this.f);
  }
}

/** The same values; nothing sends a gradient back through it. */
const detached = tf.customGrad((x) => ({
  value: tf.clone(x as tf.Tensor),
  gradFunc: (dy) => tf.zerosLike(dy),
})) as (x: tf.Tensor) => tf.Tensor;
