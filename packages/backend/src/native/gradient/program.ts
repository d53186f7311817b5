import * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend';
import { type OrtTensor, ortTensor, ortVector, Program } from '../binding';
import { encodeWithWeights } from '../graph/model-bytes';
import type { ElementType, Graph, Node } from '../onnx-bytes';
import type { PooledArray } from '../pool';
import type { Value } from '../record';
import { output } from '../tensors';
import { withBiases } from './biases';
import { withFewerForms } from './forms';
import { withoutRepeats } from './repeats';
import type { Trace } from './trace';

/** A function of tensors and weights of which the gradient is wanted. */
export interface GradientCall {
  /** Gets inputs and given tensors in one list. Always the same function, since it is the key of what is recorded. */
  readonly f: (tensors: readonly tf.Tensor[]) => tf.Tensor;
  /** Tensors that get a gradient. */
  readonly inputs: readonly tf.Tensor[];
  /** Tensors that get none. */
  readonly given: readonly tf.Tensor[];
  /** Variables that f reads; they get a gradient. */
  readonly weights: readonly tf.Variable[];
}

/** f's value, and its gradient where one was asked for: one for each input and weight, zeros included. */
export interface Run {
  readonly value: tf.Tensor;
  /** Once only: it frees what the value's run kept. */
  readonly gradient: (dy: tf.Tensor) => tf.Tensor[];
  /** Where a gradient may be asked for: frees the same when it is disposed. */
  readonly kept: readonly tf.Tensor[];
}

/** Constants up to this length are part of a program; longer ones, which follow the sizes, are fed to it. */
const SMALL = 16;

/** Compiled graphs by what is in them: calls of different sizes share them. */
export type Programs = Map<string, Program>;

/** One graph with what is fed to it at every run. */
class Half {
  private readonly program: Program;
  private readonly names: readonly string[];
  private readonly fixed = new Map<string, OrtTensor>();

  /** @param read values from outside; others that the nodes read are the trace's constants */
  constructor(
    { vectors, reshapes, constants }: Trace,
    nodes: readonly Node[],
    read: ReadonlyMap<string, ElementType>,
    written: Readonly<Record<string, ElementType>>,
    backend: NativeBackend,
    programs: Programs,
  ) {
    const inputs: Record<string, ElementType> = {};
    const ints: Record<string, readonly number[]> = {};
    const small: Record<string, { shape: readonly number[]; data: Float32Array }> = {};
    for (const name of new Set(nodes.flatMap((node) => node.inputs))) {
      const dims = name.endsWith('_dims') ? reshapes[name.slice(0, -'_dims'.length)] : undefined;
      if (read.has(name)) inputs[name] = read.get(name)!;
      else if (dims) {
        inputs[name] = 'int64';
        this.fixed.set(name, ortVector(dims));
      } else if (vectors[name]) ints[name] = vectors[name];
      else if (constants[name]) {
        const { shape, data } = constants[name];
        if (data.length <= SMALL) small[name] = constants[name];
        else {
          inputs[name] = 'float32';
          this.fixed.set(name, ortTensor(shape, data));
        }
      }
    }
    this.names = Object.keys(inputs);
    const graph: Graph = { nodes, inputs, outputs: written, constants: ints };
    const key = JSON.stringify([graph, Object.entries(small).map(([n, c]) => [n, c.shape, [...c.data]])]);
    let program = programs.get(key);
    if (!program) {
      const options = { ...backend.options, spin: 'briefly', fixedSizes: true } as const;
      program = new Program(backend.ort, graph, options, (g) => encodeWithWeights(g, small));
      programs.set(key, program);
    }
    this.program = program;
  }

  run(fed: ReadonlyMap<string, OrtTensor>, results: readonly OrtTensor[]): void {
    this.program.run(
      this.names.map((name) => this.fixed.get(name) ?? fed.get(name)!),
      results,
    );
  }
}

/**
 * A traced function as two programs: one for its value, one for its gradient. Values that the second needs from the
 * first are results of the first, so nothing is computed twice.
 */
export class GradientProgram {
  private readonly value: Value;
  private readonly saved: readonly Value[];
  private readonly gradients: readonly (Value | null)[];
  private readonly forward: Half;
  private readonly backward: Half;

  constructor(
    trace: Trace,
    private readonly backend: NativeBackend,
    programs: Programs,
  ) {
    const graph = withBiases(withFewerForms(withoutRepeats(trace)));
    const { nodes, mark, value, gradients, values } = graph;
    this.value = value;
    this.gradients = gradients;
    const parts = split(
      nodes,
      mark,
      value.name,
      gradients.flatMap((g) => (g ? [g.name] : [])),
    );
    this.saved = parts.saved.map((name) => values.get(name)!);
    const outside = new Map<string, ElementType>(
      [...values.keys()].filter((name) => /^[iw]\d+$/.test(name)).map((name) => [name, 'float32']),
    );
    const kept = this.saved.map(({ name, type = 'float32' }) => [name, type] as const);
    const copy = (from: string, to: string): Node => ({ op: 'Identity', inputs: [from], outputs: [to] });
    const asked = gradients.flatMap((g, k) => (g ? [[g.name, `d${k}`] as const] : []));
    this.forward = new Half(
      graph,
      [...parts.forward, copy(value.name, 'y')],
      outside,
      { y: 'float32', ...Object.fromEntries(kept) },
      backend,
      programs,
    );
    this.backward = new Half(
      graph,
      [...parts.backward, ...asked.map(([from, to]) => copy(from, to))],
      new Map([...outside, ...kept, ['dy', 'float32']]),
      Object.fromEntries(asked.map(([, to]) => [to, 'float32' as const])),
      backend,
      programs,
    );
  }

  /** @param keeps whether a gradient will be asked for */
  run({ inputs, given, weights }: GradientCall, keeps: boolean): Run {
    const { backend } = this;
    const fed = new Map<string, OrtTensor>();
    const feed = (name: string, t: tf.Tensor): void => {
      fed.set(name, ortTensor(t.shape, backend.read32(t)));
    };
    [...inputs, ...given].forEach((t, i) => {
      feed(`i${i}`, t);
    });
    weights.forEach((w, i) => {
      feed(`w${i}`, w);
    });
    const y = this.empty(this.value);
    const saved = keeps ? this.saved.map((value) => this.empty(value)) : [];
    this.forward.run(fed, [y, ...saved]);
    const value = this.tensor(y);
    if (!keeps) return { value, gradient: () => [], kept: [] };
    this.saved.forEach(({ name }, i) => {
      fed.set(name, saved[i]);
    });
    // What the gradient will read stays out of the pool until then, whatever becomes of the tensors.
    const { pool } = backend;
    for (const { data } of fed.values()) pool.retain(data as PooledArray);
    const held = [...fed.values()];
    let spent = false;
    const release = (): void => {
      if (spent) return;
      spent = true;
      for (const { data } of held) pool.release(data as PooledArray);
    };
    const mark = new Float32Array(0);
    backend.whenGone.set(mark, release);
    const gradient = (dy: tf.Tensor): tf.Tensor[] => {
      if (spent) throw new Error('a recorded gradient can be taken once only');
      fed.set('dy', ortTensor(dy.shape, backend.read32(dy)));
      const results = this.gradients.map((g) => g && this.empty(g));
      this.backward.run(
        fed,
        results.flatMap((g) => g ?? []),
      );
      release();
      return [...inputs, ...weights].map((x, k) => {
        const made = results[k];
        return made ? this.tensor(made) : tf.zerosLike(x);
      });
    };
    return { value, gradient, kept: [this.tensor(ortTensor([0], mark))] };
  }

  private empty({ dims, type = 'float32' }: Value): OrtTensor {
    const length = tf.util.sizeFromShape([...dims]);
    const make = type === 'float32' ? Float32Array : type === 'int32' ? Int32Array : Uint8Array;
    return ortTensor(dims, this.backend.pool.take(make as typeof Float32Array, length));
  }

  private tensor({ dims, data }: OrtTensor): tf.Tensor {
    return tf.engine().makeTensorFromTensorInfo(output(this.backend, dims, data as Float32Array));
  }
}

/** The operators that the value needs, those that the gradients need besides, and the values that both share. */
function split(nodes: readonly Node[], mark: number, value: string, gradients: readonly string[]) {
  const maker = new Map(nodes.flatMap((node, i) => node.outputs.map((name) => [name, i] as const)));
  const needed = (wanted: readonly string[], mine: (i: number) => boolean) => {
    const [found, left] = [new Set<number>(), new Set<string>()];
    const visit = (name: string): void => {
      const i = maker.get(name);
      if (i === undefined || found.has(i)) return;
      if (!mine(i)) {
        left.add(name);
        return;
      }
      found.add(i);
      nodes[i].inputs.forEach(visit);
    };
    wanted.forEach(visit);
    return { nodes: nodes.filter((_, i) => found.has(i)), left: [...left] };
  };
  // Another form of a value costs nothing: it is made anew.
  const backward = needed(gradients, (i) => i >= mark || nodes[i].op === 'Reshape');
  const forward = needed([value, ...backward.left], () => true);
  return { forward: forward.nodes, backward: backward.nodes, saved: backward.left };
}
