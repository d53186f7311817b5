import type { TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from './backend';
import { ortTensor, Program } from './binding';
import { encodeWithWeights, type Weight } from './graph/model-bytes';
import type { KernelTable } from './kernel';
import { NotRecordable } from './not-recordable';
import type { ElementType, Graph, Node } from './onnx-bytes';
import { output, type Shaped } from './tensors';

/** A function whose kernels are recorded. */
type Recordable = (inputs: readonly tf.Tensor[]) => tf.Tensor[];

/** A value of the recorded graph and the form it was made in. */
export interface Value {
  readonly name: string;
  readonly dims: readonly number[];
  readonly type?: ElementType;
}

/** What one run of a function did, at one batch size. */
interface Recording {
  readonly nodes: readonly Node[];
  /** int64 vectors of the kernels' own graphs (axes and the like). */
  readonly vectors: Readonly<Record<string, readonly number[]>>;
  /** Where a kernel read a value in another form than it was made in: name of the form → dims. */
  readonly reshapes: Readonly<Record<string, readonly number[]>>;
  readonly constants: Readonly<Record<string, Weight>>;
  /** Names, dims. */
  readonly results: readonly Value[];
}

/**
 * Notes every kernel that runs while it listens. A value is known by its memory: kernels read and write arrays, and
 * while a recorder listens the pool hands out no array twice.
 */
export class Recorder {
  private readonly values = new Map<ArrayBufferLike, Value>();
  readonly nodes: Node[] = [];
  readonly vectors: Record<string, readonly number[]> = {};
  readonly reshapes: Record<string, readonly number[]> = {};
  readonly constants: Record<string, Weight> = {};

  /** @param gradients whether gradients are recorded too, which need what a kernel keeps for them */
  constructor(readonly gradients = false) {}

  /** Makes the array a value of the graph. */
  know(data: ArrayBufferView, name: string, dims: readonly number[]): void {
    const type = data instanceof Int32Array ? 'int32' : data instanceof Uint8Array ? 'bool' : 'float32';
    this.values.set(data.buffer, { name, dims, type });
  }

  knows(data: unknown): boolean {
    return ArrayBuffer.isView(data) && this.values.has(data.buffer);
  }

  /** @throws NotRecordable if a kernel made something new of known values without a program */
  check(
    kernel: string,
    inputs: readonly TensorInfo[],
    made: readonly TensorInfo[],
    backend: NativeBackend,
  ): void {
    const known = ({ dataId }: TensorInfo): boolean => this.knows(backend.data.get(dataId).values);
    if (kernel === 'ZerosLike' || kernel === 'OnesLike') return; // of the form alone
    if (inputs.some(known) && !made.every(known)) throw new NotRecordable(`kernel ${kernel}`);
  }

  /** Notes one operator graph of a kernel. */
  ran(graph: Graph, feeds: readonly Shaped[], results: readonly Shaped[]): void {
    const own = `k${this.nodes.length}_`;
    const names = new Map<string, string>();
    Object.keys(graph.inputs).forEach((input, i) => {
      names.set(input, this.read(feeds[i]));
    });
    for (const [name, values] of Object.entries(graph.constants ?? {})) {
      names.set(name, own + name);
      this.vectors[own + name] = values;
    }
    const rename = (name: string): string => name && (names.get(name) ?? own + name); // '' is an input left out
    for (const node of graph.nodes) {
      this.nodes.push({ ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) });
    }
    Object.keys(graph.outputs).forEach((name, i) => {
      this.know(results[i][1], rename(name), results[i][0]);
    });
  }

  /** What `f` gave, in the forms of the tensors. */
  finish(tensors: readonly tf.Tensor[], backend: NativeBackend): Recording {
    const results = tensors.map((t) => this.result(t, backend));
    const { nodes, vectors, reshapes, constants } = this;
    return { nodes, vectors, reshapes, constants, results };
  }

  /** The tensor's name, in its form. @throws NotRecordable unless a kernel made it */
  result({ dataId, shape }: TensorInfo, backend: NativeBackend): Value {
    const { values } = backend.data.get(dataId);
    if (!this.knows(values)) throw new NotRecordable('a result that no kernel made');
    return { name: this.read([shape, values as Float32Array]), dims: shape };
  }

  /** Every value by name, in the form it was made in. */
  get byName(): ReadonlyMap<string, Value> {
    return new Map([...this.values.values()].map((value) => [value.name, value]));
  }

  /** The name of what a kernel reads; a new form of it where the dims differ, a constant where nothing made it. */
  private read([dims, data]: Shaped): string {
    const known = this.values.get(data.buffer);
    if (!known) {
      if (!(data instanceof Float32Array)) throw new NotRecordable('a constant that is not float32');
      const name = `c${Object.keys(this.constants).length}`;
      this.constants[name] = { shape: dims, data };
      this.know(data, name, dims);
      if (data.buffer.byteLength !== data.byteLength) this.values.delete(data.buffer); // a view: known once only
      return name;
    }
    if (data.buffer.byteLength !== data.byteLength) throw new NotRecordable('a part of a value');
    if (same(known.dims, dims)) return known.name;
    const name = `r${Object.keys(this.reshapes).length}`;
    this.reshapes[name] = dims;
    this.nodes.push({ op: 'Reshape', inputs: [known.name, `${name}_dims`], outputs: [name] });
    return name;
  }
}

/** A recorded function, ready for any batch size. */
interface Recorded {
  readonly program: Program;
  /** Dims of each result at batch sizes 2 and 3. */
  readonly results: readonly (readonly [two: readonly number[], three: readonly number[]])[];
}

export const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i]);

/** Runs `f` on zeros at batch size n and notes what it does. */
function record(
  f: Recordable,
  n: number,
  inputs: readonly (readonly number[])[],
  backend: NativeBackend,
): Recording {
  const recorder = new Recorder();
  backend.recorder = recorder;
  try {
    let recording: Recording | undefined;
    tf.tidy(() => {
      const tensors = inputs.map(([rows, ...rest], i) => {
        const shape = [rows * n, ...rest];
        const data = new Float32Array(tf.util.sizeFromShape(shape));
        recorder.know(data, `i${i}`, shape);
        return tf.tensor(data, shape);
      });
      recording = recorder.finish(f(tensors), backend);
    });
    return recording!;
  } finally {
    backend.recorder = null;
  }
}

/** Recordings that hold the same kernels and constants. */
function requireSame(one: Recording, other: Recording): void {
  if (JSON.stringify([one.nodes, one.vectors]) !== JSON.stringify([other.nodes, other.vectors])) {
    throw new NotRecordable('other kernels at another size');
  }
  for (const [name, { shape, data }] of Object.entries(one.constants)) {
    const found = other.constants[name];
    if (data === found.data) continue;
    if (!same(shape, found.shape) || data.some((x, i) => x !== found.data[i])) {
      throw new NotRecordable('a constant that depends on a size');
    }
  }
}

/** Two recordings at batch sizes 2 and 3, merged into one graph for every size: what differs is the batch axis. */
function merged(
  two: Recording,
  three: Recording,
  inputs: number,
): { graph: Graph; weights: Record<string, Weight> } {
  requireSame(two, three);
  const dims = Object.entries(two.reshapes).map(([name, before]) => {
    const after = three.reshapes[name];
    const moving = before.filter((size, i) => size !== after[i]).length;
    if (before.length !== after.length || moving > 1)
      throw new NotRecordable('two axes that follow the batch size');
    return [`${name}_dims`, before.map((size, i) => (size === after[i] ? size : -1))] as const;
  });
  const types = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, 'float32' as const]));
  const graph: Graph = {
    nodes: withResults(two),
    inputs: types(Array.from({ length: inputs }, (_, i) => `i${i}`)),
    outputs: types(two.results.map((_, i) => `o${i}`)),
    constants: { ...two.vectors, ...Object.fromEntries(dims) },
  };
  return { graph, weights: { ...two.constants } };
}

/** The nodes, with results named `o<i>`; a copy of what no node makes or what is a result twice. */
function withResults({ nodes, results }: Recording): Node[] {
  const made = new Set(nodes.flatMap(({ outputs }) => outputs));
  const names = new Map<string, string>();
  const copies = results.flatMap(({ name }, i): Node[] => {
    if (made.has(name) && !names.has(name)) {
      names.set(name, `o${i}`);
      return [];
    }
    return [{ op: 'Identity', inputs: [names.get(name) ?? name], outputs: [`o${i}`] }];
  });
  const rename = (name: string): string => names.get(name) ?? name;
  const renamed = nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
  }));
  return [...renamed, ...copies];
}

type FreeAxes = Readonly<Record<number, number>>;

function compile(
  f: Recordable,
  inputs: readonly (readonly number[])[],
  free: FreeAxes,
  backend: NativeBackend,
): Recorded | null {
  try {
    const [two, three] = [2, 3].map((n) => record(f, n, inputs, backend));
    if (Object.keys(free).length > 0) {
      const longer = inputs.map((dims, i) => dims.map((size, axis) => (axis === free[i] ? size + 1 : size)));
      const other = record(f, 2, longer, backend);
      requireSame(two, other);
      const form = ({ reshapes, results }: Recording) => JSON.stringify([reshapes, results]);
      if (form(two) !== form(other)) throw new NotRecordable('a result that follows a free axis');
    }
    const { graph, weights } = merged(two, three, inputs.length);
    // Many small operators one after another: threads that spin between them halve the time.
    const options = { threads: backend.options.threads, spin: 'inside', fixedSizes: true } as const;
    const program = new Program(backend.ort, graph, options, (g) => encodeWithWeights(g, weights));
    return { program, results: two.results.map(({ dims }, i) => [dims, three.results[i].dims] as const) };
  } catch (error) {
    if (error instanceof NotRecordable) return null;
    throw error;
  }
}

/** Dims of the inputs for one study, and what was recorded of them; null where that cannot be. */
interface Form {
  readonly dims: readonly (readonly number[])[];
  readonly found: Recorded | null;
}

/** Whether the tensors have these dims at batch size n. */
function fits(
  dims: readonly (readonly number[])[],
  tensors: readonly tf.Tensor[],
  n: number,
  free: FreeAxes,
): boolean {
  if (dims.length !== tensors.length) return false;
  for (let i = 0; i < dims.length; i++) {
    const [own, shape] = [dims[i], tensors[i].shape];
    if (own.length !== shape.length || own[0] * n !== shape[0]) return false;
    for (let axis = 1; axis < own.length; axis++) {
      if (own[axis] !== shape[axis] && axis !== free[i]) return false;
    }
  }
  return true;
}

/** A program and the memory it reads and writes; the same as in @raca/core. */
interface BoundProgram {
  readonly inputs: readonly Float32Array[];
  readonly results: readonly Float32Array[];
  run(): void;
}

interface RecordedAttrs {
  readonly f: Recordable;
  readonly n: number;
  readonly free?: FreeAxes;
  readonly bind?: (program: BoundProgram) => void;
}

/** The recorded function with inputs and results that stay where they are. */
function bound(
  f: Recordable,
  found: Recorded | null,
  tensors: readonly tf.Tensor[],
  n: number,
  backend: NativeBackend,
): BoundProgram {
  const inputs = tensors.map((t) => backend.read32(t));
  if (found === null) {
    const results: Float32Array[] = [];
    const keep = (t: tf.Tensor, i: number): void => {
      results[i] = t.dataSync() as Float32Array;
    };
    return { inputs, results, run: () => tf.tidy(() => f(tensors).forEach(keep)) };
  }
  const shapes = found.results.map((sizes) => atSize(sizes, n));
  const results = shapes.map((shape) => new Float32Array(tf.util.sizeFromShape(shape)));
  const run = found.program.bind(
    tensors.map(({ shape }, i) => ortTensor(shape, inputs[i])),
    shapes.map((shape, i) => ortTensor(shape, results[i])),
  );
  return { inputs, results, run };
}

/** Dims at batch size n. */
const atSize = ([two, three]: Recorded['results'][number], n: number): number[] =>
  two.map((size, i) => size + (three[i] - size) * (n - 2));

const recorded = new WeakMap<Recordable, Form[]>();

/**
 * `RacaRecorded`: the function `f` of tensors whose first axes are multiples of the batch size `n`, as one program.
 * n = 0 frees what was recorded. A function that cannot be recorded runs kernel by kernel. With `bind` nothing runs:
 * it is called with the program bound to the arrays of the inputs.
 */
export const recordedKernels: KernelTable = {
  RacaRecorded: ({ inputs, attrs, backend }) => {
    const { f, n, free = {}, bind } = attrs as unknown as RecordedAttrs;
    const forms = recorded.get(f) ?? [];
    recorded.set(f, forms);
    if (n === 0) {
      for (const { found } of forms) found?.program.dispose();
      recorded.delete(f);
      return [];
    }
    const tensors = Object.values(inputs) as tf.Tensor[];
    let form = forms.find(({ dims }) => fits(dims, tensors, n, free));
    if (form === undefined) {
      if (backend.recorder) return f(tensors);
      const dims = tensors.map(({ shape: [rows, ...rest] }) => [rows / n, ...rest]);
      form = { dims, found: compile(f, dims, free, backend) };
      forms.push(form);
    }
    const { found } = form;
    if (bind) {
      bind(bound(f, found, tensors, n, backend));
      return [];
    }
    if (found === null) return f(tensors);
    const results = found.results.map((sizes): [number[], Float32Array] => {
      const shape = atSize(sizes, n);
      return [shape, backend.floats(tf.util.sizeFromShape(shape))];
    });
    found.program.run(
      tensors.map((t) => ortTensor(t.shape, backend.read32(t))),
      results.map(([shape, data]) => ortTensor(shape, data)),
    );
    return results.map(([shape, data]) => output(backend, shape, data));
  },
};
