/**
 * Just enough of the protocol-buffer wire format to write an ONNX model by hand: varints, length-delimited
 * fields, and the messages ModelProto, GraphProto, NodeProto, AttributeProto, ValueInfoProto and TensorProto.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto (field numbers)
 * @see https://protobuf.dev/programming-guides/encoding/
 */

/** Element types of onnx.proto that the kernels use. */
export const ELEMENT = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 } as const;
export type ElementType = keyof typeof ELEMENT;
/** What an output may be besides a tensor: a sequence of float32 tensors. */
export type ValueType = ElementType | 'sequence';

/** A number is written as an integer attribute if `int` wraps it, a plain number as a float. */
export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | string;

/** One operator of a graph. */
export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Operator set; the standard one when absent. */
  readonly domain?: string;
}

/** A graph whose inputs and outputs have a type but no fixed rank or size. */
export interface Graph {
  readonly nodes: readonly Node[];
  readonly inputs: Readonly<Record<string, ElementType>>;
  readonly outputs: Readonly<Record<string, ValueType>>;
  /** int64 vectors known in advance (axes, shapes, pads). */
  readonly constants?: Readonly<Record<string, readonly number[]>>;
}

/** Operator set of the standard domain; axes of reductions other than ReduceSum are attributes in it. */
const OPSET = 17;
const IR_VERSION = 8;

/** The bytes of a ModelProto that holds `graph`. */
export function encodeModel(graph: Graph): Uint8Array {
  const body = [
    ...graph.nodes.map((n) => message(1, encodeNode(n))),
    text(2, 'g'),
    ...Object.entries(graph.constants ?? {}).map(([name, values]) => message(5, encodeVector(name, values))),
    ...Object.entries(graph.inputs).map(([name, type]) => message(11, encodeValue(name, type))),
    ...Object.entries(graph.outputs).map(([name, type]) => message(12, encodeValue(name, type))),
  ].flat();
  const opset = (domain: string, version: number) => message(8, [...text(1, domain), ...integer(2, version)]);
  return Uint8Array.from([
    ...integer(1, IR_VERSION),
    ...message(7, body),
    ...opset('', OPSET),
    ...opset('com.microsoft', 1),
  ]);
}

function encodeNode({ op, inputs, outputs, attributes = {}, domain }: Node): number[] {
  return [
    ...inputs.flatMap((name) => text(1, name)),
    ...outputs.flatMap((name) => text(2, name)),
    ...text(4, op),
    ...Object.entries(attributes).flatMap(([name, value]) => message(5, encodeAttribute(name, value))),
    ...(domain === undefined ? [] : text(7, domain)),
  ];
}

/** AttributeProto: name 1, f 2, i 3, s 4, ints 8, type 20 (FLOAT 1, INT 2, STRING 3, INTS 7). */
function encodeAttribute(name: string, value: Attribute): number[] {
  const head = text(1, name);
  if (typeof value === 'string') return [...head, ...text(4, value), ...integer(20, 3)];
  if ('int' in value) return [...head, ...integer(3, value.int), ...integer(20, 2)];
  if ('float' in value) return [...head, ...float(2, value.float), ...integer(20, 1)];
  return [...head, ...value.ints.flatMap((v) => integer(8, v)), ...integer(20, 7)];
}

/** ValueInfoProto with a type without shape: any rank, any size. TypeProto: tensor_type 1, sequence_type 4. */
function encodeValue(name: string, type: ValueType): number[] {
  const tensor = (element: ElementType) => message(1, integer(1, ELEMENT[element]));
  return [
    ...text(1, name),
    ...message(2, type === 'sequence' ? message(4, message(1, tensor('float32'))) : tensor(type)),
  ];
}

/** TensorProto: one dimension, int64 values. */
function encodeVector(name: string, values: readonly number[]): number[] {
  return [
    ...integer(1, values.length),
    ...integer(2, ELEMENT.int64),
    ...values.flatMap((v) => integer(7, v)),
    ...text(8, name),
  ];
}

export function varint(value: number): number[] {
  let rest = BigInt.asUintN(64, BigInt(value)); // negative int64: ten bytes of two's complement
  const bytes: number[] = [];
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 128);
  } while (rest !== 0n);
  return bytes;
}

export const integer = (field: number, value: number): number[] => [...varint(field << 3), ...varint(value)];
export const message = (field: number, bytes: number[]): number[] => [
  ...varint((field << 3) | 2),
  ...varint(bytes.length),
  ...bytes,
];
export const text = (field: number, value: string): number[] =>
  message(field, [...new TextEncoder().encode(value)]);
const float = (field: number, value: number): number[] => [
  ...varint((field << 3) | 5),
  ...new Uint8Array(new Float32Array([value]).buffer), // the platforms of the binding are little-endian
];
