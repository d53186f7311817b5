/** An attribute of an operator: a number is an integer if `int` wraps it. */
export type GraphAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | string;

/** One operator of ONNX's standard set 17. */
export interface GraphNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, GraphAttribute>>;
}

/** A constant: float32 values in C order. */
export interface GraphWeight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A network as data: operators between float32 inputs and outputs. A program such as onnxruntime can run it whole. */
export interface NetworkGraph {
  readonly nodes: readonly GraphNode[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly weights: Readonly<Record<string, GraphWeight>>;
}

/** Collects the nodes of a {@link NetworkGraph}; each operation returns the name of its result. */
export class GraphBuilder {
  private readonly nodes: GraphNode[] = [];
  private readonly weights: Record<string, GraphWeight> = {};

  /** Adds one operator with one result. */
  op(op: string, inputs: readonly string[], attributes?: Record<string, GraphAttribute>): string {
    const result = `${op}${this.nodes.length}`;
    this.nodes.push({ op, inputs, outputs: [result], attributes });
    return result;
  }

  /** Adds a constant. */
  weight(name: string, shape: readonly number[], data: Float32Array): string {
    this.weights[name] = { shape, data };
    return name;
  }

  /** A constant without axes. */
  scalar(name: string, value: number): string {
    return this.weight(name, [], Float32Array.of(value));
  }

  /** A convolution over `[n, in, H, W]`. @param filter `[k, k, in, out]`, the layout of tfjs */
  convolution(
    name: string,
    x: string,
    { filter, bias, shape }: { filter: Float32Array; bias: Float32Array; shape: readonly number[] },
    attributes: Record<string, GraphAttribute>,
  ): string {
    const [kh, kw, input, output] = shape;
    const w = this.weight(`${name}.weight`, [output, input, kh, kw], hwioToOihw(filter, shape));
    const b = this.weight(`${name}.bias`, [output], bias);
    return this.op('Conv', [x, w, b], attributes);
  }

  /** `[n, H, W, c]` → `[n, c, H, W]` */
  channelsFirst(x: string): string {
    return this.op('Transpose', [x], { perm: { ints: [0, 3, 1, 2] } });
  }

  /** `[n, c, H, W]` → `[n, H, W, c]` */
  channelsLast(x: string): string {
    return this.op('Transpose', [x], { perm: { ints: [0, 2, 3, 1] } });
  }

  build(input: string, output: string): NetworkGraph {
    return { nodes: this.nodes, inputs: [input], outputs: [output], weights: this.weights };
  }
}

/** Filters as ONNX has them. @param shape `[kh, kw, in, out]` */
export function hwioToOihw(values: Float32Array, shape: readonly number[]): Float32Array {
  const [kh, kw, input, output] = shape;
  const field = kh * kw;
  const out = new Float32Array(values.length);
  let at = 0;
  for (let f = 0; f < field; f++) {
    for (let i = 0; i < input; i++) {
      for (let o = 0; o < output; o++) out[(o * input + i) * field + f] = values[at++];
    }
  }
  return out;
}
