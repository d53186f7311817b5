import { availableParallelism } from 'node:os';
import { loadBinding, type OrtBinding, ortTensor, Program } from '../binding';
import type { Node } from '../onnx-bytes';
import { encodeWithWeights, type Weight } from './model-bytes';

/** A whole network: ONNX operators (set 17) between float32 inputs and outputs, and its weights by name. */
export interface NetworkGraph {
  readonly nodes: readonly Node[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly weights: Readonly<Record<string, Weight>>;
}

/** An array in C order with its shape. */
export interface ShapedArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A graph ready to run. */
export interface CompiledGraph {
  /**
   * Computes the outputs; the call returns when all is written.
   *
   * @param inputs in the order of the graph
   * @param outputs arrays to write to, in the order of the graph, of exactly the right shapes
   * @throws Error of onnxruntime where a shape does not fit
   */
  run(inputs: readonly ShapedArray[], outputs: readonly ShapedArray[]): void;
  dispose(): void;
}

/** Compiles a graph with all of onnxruntime's optimisations. @throws Error where the graph is not valid */
export type GraphCompiler = (graph: NetworkGraph) => CompiledGraph;

/** Options of {@link loadGraphCompiler}. */
export interface GraphCompilerOptions {
  /** Threads inside one operator; default: the processors available, at most 8. */
  readonly threads?: number;
  /** Loads the onnxruntime binding; replaced in tests. */
  readonly load?: () => Promise<OrtBinding>;
}

/**
 * What turns whole networks into programs of onnxruntime. Independent of the tfjs backend in use.
 *
 * @throws RangeError unless threads is a positive integer
 * @throws Error in one line where onnxruntime-node is absent, another version, or has no library for this platform
 */
export async function loadGraphCompiler(options: GraphCompilerOptions = {}): Promise<GraphCompiler> {
  const { threads = Math.min(availableParallelism(), 8), load = loadBinding } = options;
  if (!Number.isInteger(threads) || threads < 1) {
    throw new RangeError(`loadGraphCompiler: threads must be a positive integer, got ${threads}`);
  }
  const ort = await load();
  return ({ nodes, inputs, outputs, weights }) => {
    const types = (names: readonly string[]) =>
      Object.fromEntries(names.map((name) => [name, 'float32' as const]));
    const program = new Program(
      ort,
      { nodes, inputs: types(inputs), outputs: types(outputs) },
      { threads, spin: true, fixedSizes: true },
      (graph) => encodeWithWeights(graph, weights),
    );
    const tensors = (arrays: readonly ShapedArray[]) => arrays.map((x) => ortTensor(x.shape, x.data));
    return {
      run: (feeds, results) => program.run(tensors(feeds), tensors(results)),
      dispose: () => program.dispose(),
    };
  };
}
