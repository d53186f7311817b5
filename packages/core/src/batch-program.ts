import * as tf from '@tensorflow/tfjs-core';
import type { NamedParameters } from './contracts/module';
import { hasKernel, RECORDED, runKernel } from './fused-kernels';

/** A program with memory of its own: write the inputs, run, read the results. Valid while the input tensors live. */
export interface BoundProgram {
  /** Values of the input tensors. */
  readonly inputs: readonly Float32Array[];
  /** Values of the results after a run; the next run overwrites them. */
  readonly results: readonly Float32Array[];
  run(): void;
}

/**
 * A function that runs many times on tensors of one form: where the backend can (native), its kernels are recorded at
 * the first run and later runs are one call of one program, with the weights laid out for it. Elsewhere it just runs.
 *
 * The function must be a plain chain of tensor operations: the same kernels at every call, nothing read back. All
 * else it touches (weights, constants) is frozen at the first run: make a new program when weights have changed.
 * No gradient flows through it.
 */
export class BatchProgram {
  private readonly f: (inputs: readonly tf.Tensor[]) => tf.Tensor[];

  /**
   * @param f inputs whose first axes are all multiples of the batch size n → results of which the same is true
   * @param freeAxes by input, one more axis whose length may change from run to run without changing the form of the
   *   results or of anything between, such as the positions of a cache; of inputs that are not there it counts nothing
   */
  constructor(
    f: (inputs: readonly tf.Tensor[]) => tf.Tensor[],
    private readonly freeAxes: Readonly<Record<number, number>> = {},
  ) {
    this.f = (inputs) => f(inputs); // a function of its own: its identity is the key of what is recorded
  }

  /** Whether the backend in use records programs. */
  static get records(): boolean {
    return hasKernel(RECORDED);
  }

  /** f of the inputs. @param n batch size; divides the first axis of every input */
  run(n: number, inputs: readonly tf.Tensor[]): tf.Tensor[] {
    const odd = inputs.findIndex((x) => x.rank === 0 || x.shape[0] % n !== 0);
    if (odd >= 0) {
      throw new RangeError(
        `BatchProgram: the first axis of input ${odd} must be a multiple of ${n}, got [${inputs[odd].shape}]`,
      );
    }
    if (!BatchProgram.records) return tf.tidy(() => this.f(inputs));
    return runKernel(RECORDED, named(inputs), { f: this.f, n, free: this.freeAxes });
  }

  /** The program with these tensors' own memory, for many runs in a row. Only where the backend records programs. */
  bind(n: number, inputs: readonly tf.Tensor[]): BoundProgram {
    let program: BoundProgram | undefined;
    const bind = (made: BoundProgram): void => {
      program = made;
    };
    runKernel(RECORDED, named(inputs), { f: this.f, n, free: this.freeAxes, bind });
    return program!;
  }

  /** Frees what was recorded. */
  dispose(): void {
    const kernel = tf.getKernel(RECORDED, tf.getBackend());
    kernel?.kernelFunc({ inputs: {}, attrs: { f: this.f as never, n: 0 }, backend: tf.backend() });
  }
}

function named(inputs: readonly tf.Tensor[]): Record<string, tf.Tensor> {
  const all: Record<string, tf.Tensor> = {};
  for (let i = 0; i < inputs.length; i++) all[i] = inputs[i];
  return all;
}

/** A {@link BatchProgram} of weights that training may change: recorded anew after they did. */
export class WeightedProgram {
  private current: { readonly program: BatchProgram; readonly ids: readonly object[] } | null = null;

  /** @param weights all that f reads besides its inputs */
  constructor(
    private readonly weights: NamedParameters,
    private readonly f: (inputs: readonly tf.Tensor[]) => tf.Tensor[],
    private readonly freeAxes: Readonly<Record<number, number>> = {},
  ) {}

  /** See {@link BatchProgram.run}. */
  run(n: number, inputs: readonly tf.Tensor[]): tf.Tensor[] {
    return this.fresh().run(n, inputs);
  }

  /** See {@link BatchProgram.bind}; of the weights as they are now. */
  bind(n: number, inputs: readonly tf.Tensor[]): BoundProgram {
    return this.fresh().bind(n, inputs);
  }

  /** The program of the weights as they are now. */
  private fresh(): BatchProgram {
    if (this.current === null || this.changed(this.current.ids)) {
      this.dispose();
      const ids = [...this.weights.values()].map(({ dataId }) => dataId);
      this.current = { program: new BatchProgram(this.f, this.freeAxes), ids };
    }
    return this.current.program;
  }

  private changed(ids: readonly object[]): boolean {
    let i = 0;
    for (const { dataId } of this.weights.values()) if (dataId !== ids[i++]) return true;
    return false;
  }

  dispose(): void {
    this.current?.program.dispose();
    this.current = null;
  }
}
