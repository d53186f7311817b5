import { ELEMENT, encodeModel, type Graph, integer, text, varint } from '../onnx-bytes';

/** A constant of a graph: float32 values in C order. */
export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * The bytes of a ModelProto that holds `graph` and its weights.
 *
 * Two messages written one after the other are read as one whose repeated fields are joined, so the weights are a
 * second ModelProto with nothing in it but initialisers: no list of numbers as long as the weights is ever built.
 *
 * @throws Error beyond 2 GB, the limit of the format
 * @see https://protobuf.dev/programming-guides/encoding/#last-one-wins
 */
export function encodeWithWeights(graph: Graph, weights: Readonly<Record<string, Weight>>): Uint8Array {
  const initializers = Object.entries(weights).map(([name, weight]) => initializer(name, weight));
  const body = initializers.flatMap(([head, data]) => [field(5, head.length + data.length), head, data]);
  const size = body.reduce((n, bytes) => n + bytes.length, 0);
  const parts = [encodeModel(graph), field(7, size), ...body];
  const total = parts.reduce((n, bytes) => n + bytes.length, 0);
  if (total >= 2 ** 31) throw new Error(`an ONNX model must stay below 2 GB, this one has ${total} bytes`);
  const out = new Uint8Array(total);
  let at = 0;
  for (const bytes of parts) {
    out.set(bytes, at);
    at += bytes.length;
  }
  return out;
}

/** TensorProto: dims 1, data_type 2, name 8, raw_data 9 (little-endian); head and values apart. */
function initializer(name: string, { shape, data }: Weight): [head: Uint8Array, values: Uint8Array] {
  const values = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const head = [...shape.flatMap((n) => integer(1, n)), ...integer(2, ELEMENT.float32), ...text(8, name)];
  return [Uint8Array.from([...head, ...field(9, values.length)]), values];
}

/** Tag and length of a length-delimited field. */
const field = (number: number, length: number): Uint8Array =>
  Uint8Array.from([...varint((number << 3) | 2), ...varint(length)]);
