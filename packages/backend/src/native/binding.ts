import { encodeModel, type Graph } from './onnx-bytes';
import type { PooledArray } from './pool';

/** The one release whose internal binding this file knows. */
export const ORT_VERSION = '1.30.0';

/** A tensor as the binding takes it; the binding reads these four fields and nothing else. */
export interface OrtTensor {
  readonly type: 'float32' | 'int32' | 'int64' | 'bool';
  readonly dims: readonly number[];
  readonly data: PooledArray | BigInt64Array;
  readonly location: 'cpu';
}

type Feeds = Record<string, OrtTensor>;
type Fetches = Record<string, OrtTensor | null>;

interface OrtSession {
  loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: object): void;
  run(feeds: Feeds, fetches: Fetches, options: object): Record<string, unknown>;
  dispose(): void;
}

/** `onnxruntime-node/dist/binding`: not public, hence the exact version. */
export interface OrtBinding {
  readonly binding: { readonly InferenceSession: new () => OrtSession };
  initOrt(): void;
}

export interface SessionOptions {
  /** Threads inside one operator. */
  readonly threads: number;
  /**
   * Whether idle threads wait by spinning: a little faster on an idle machine, wasteful on a busy one. `inside`: only
   * while the program runs, for programs that take turns. `briefly`: from one operator to the next, for many small
   * operators on a machine with other work.
   */
  readonly spin: boolean | 'inside' | 'briefly';
  /** Whether every run has the same sizes, so that one plan of memory serves them all; default false. */
  readonly fixedSizes?: boolean;
}

const RUN_OPTIONS = {};

/** About as long as a thread takes to wake up. */
const BRIEF_MICROSECONDS = '20';

/**
 * The binding writes into the arrays it is given, and then copies every result once more into a fresh array for its
 * caller, in the order of the graph's outputs. For large results that costs several times the operation itself (page
 * faults). It cannot copy a sequence and throws instead, so an empty sequence as first output ends the call right after
 * the run. Asked for only where the copy costs more than the exception (about 10 µs).
 */
const STOP = 'stop';
const STOPPED = 'Non tensor type is temporarily not supported.';
const STOP_BYTES = 32768;

/** One compiled graph with preallocated outputs; runs synchronously. */
export class Program {
  private readonly session: OrtSession;
  private readonly inputs: readonly string[];
  private readonly outputs: readonly string[];

  /** @param encode writes the graph as an ONNX model */
  constructor(
    ort: OrtBinding,
    graph: Graph,
    { threads, spin, fixedSizes = false }: SessionOptions,
    encode: (graph: Graph) => Uint8Array = encodeModel,
  ) {
    this.inputs = Object.keys(graph.inputs);
    this.outputs = Object.keys(graph.outputs);
    const model = encode({
      ...graph,
      nodes: [{ op: 'SequenceEmpty', inputs: [], outputs: [STOP] }, ...graph.nodes],
      outputs: { [STOP]: 'sequence', ...graph.outputs },
    });
    this.session = new ort.binding.InferenceSession();
    this.session.loadModel(model.buffer, model.byteOffset, model.byteLength, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      enableMemPattern: fixedSizes,
      logSeverityLevel: 4,
      extra: {
        session: {
          intra_op: {
            allow_spinning: spin ? '1' : '0',
            ...(spin === 'briefly' && { spin_duration_us: BRIEF_MICROSECONDS }),
          },
          force_spinning_stop: spin === 'inside' ? '1' : '0',
        },
      },
    });
  }

  /** Feeds and results in the order of the graph's inputs and outputs; results must have the exact shapes. */
  run(feeds: readonly OrtTensor[], results: readonly OrtTensor[]): void {
    this.bind(feeds, results)();
  }

  /** {@link run} of these tensors, as often as wanted. */
  bind(feeds: readonly OrtTensor[], results: readonly OrtTensor[]): () => void {
    const fed: Feeds = {};
    for (let i = 0; i < feeds.length; i++) fed[this.inputs[i]] = feeds[i];
    let bytes = 0;
    for (const { data } of results) bytes += data.byteLength;
    const fetched: Fetches = bytes < STOP_BYTES ? {} : { [STOP]: null };
    for (let i = 0; i < results.length; i++) fetched[this.outputs[i]] = results[i];
    return () => {
      try {
        this.session.run(fed, fetched, RUN_OPTIONS);
      } catch (error) {
        if ((error as Error).message !== STOPPED) throw error;
      }
    };
  }

  dispose(): void {
    this.session.dispose();
  }
}

/** `array` of shape `dims` for {@link Program.run}; bytes are booleans. */
export function ortTensor(dims: readonly number[], data: PooledArray): OrtTensor {
  const type = data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'bool';
  return { type, dims, data, location: 'cpu' };
}

/** A vector of whole numbers, such as the dims of a form. */
export function ortVector(values: readonly number[]): OrtTensor {
  return { type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt), location: 'cpu' };
}

/**
 * The installed binding.
 *
 * @throws Error if onnxruntime-node is absent, has no library for this platform, or is another version
 */
export async function loadBinding(): Promise<OrtBinding> {
  // Names in variables: bundlers must leave both imports to Node.
  const [files, name] = [['binding', 'version'], 'onnxruntime-node/dist/'];
  const [native, release] = await Promise.all(
    files.map((file) => import(/* @vite-ignore */ `${name}${file}.js`)),
  ).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' && error.code !== 'MODULE_NOT_FOUND') throw error;
    throw new Error(
      `onnxruntime-node is not installed, or npm dropped it because its install script found no network; ` +
        `to have it: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@${ORT_VERSION}`,
    );
  });
  const found = (release.version ?? release.default?.version) as string;
  if (found !== ORT_VERSION) throw new Error(`onnxruntime-node ${ORT_VERSION} expected, found ${found}`);
  const ort = (native.initOrt ? native : native.default) as OrtBinding;
  checkBinding(ort);
  ort.initOrt();
  return ort;
}

/** The session class must still offer what {@link Program} calls. */
function checkBinding(ort: OrtBinding): void {
  const session = ort?.binding?.InferenceSession?.prototype as Partial<OrtSession> | undefined;
  const missing = (['loadModel', 'run', 'dispose'] as const).filter(
    (m) => typeof session?.[m] !== 'function',
  );
  if (typeof ort?.initOrt !== 'function' || missing.length > 0) {
    throw new Error(`onnxruntime-node ${ORT_VERSION}: the binding lacks ${missing.join(', ') || 'initOrt'}`);
  }
}
