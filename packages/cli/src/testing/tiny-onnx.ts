/** Parts of an ONNX file (protocol buffers), as far as two tiny models for tests need them. */
const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >>> 7)]);
const bytes = (field: number, value: readonly number[]): number[] => [
  ...varint(field * 8 + 2),
  ...varint(value.length),
  ...value,
];
const text = (field: number, value: string): number[] => bytes(field, [...Buffer.from(value)]);
const int = (field: number, value: number): number[] => [...varint(field * 8), ...varint(value)];

const [FLOAT, INT64] = [1, 7];

const value = (field: number, name: string, type: number, dims: readonly (number | string)[]): number[] => {
  const shape = dims.flatMap((dim) => bytes(1, typeof dim === 'number' ? int(1, dim) : text(2, dim)));
  return bytes(field, [...text(1, name), ...bytes(2, bytes(1, [...int(1, type), ...bytes(2, shape)]))]);
};

const node = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: readonly number[] = [],
): number[] =>
  bytes(1, [...inputs.flatMap((name) => text(1, name)), ...text(2, output), ...text(4, op), ...attributes]);

const floats = (name: string, rows: readonly (readonly number[])[]): number[] =>
  bytes(5, [
    ...[rows.length, rows[0].length].flatMap((dim) => int(1, dim)),
    ...int(2, FLOAT),
    ...text(8, name),
    ...bytes(9, [...Buffer.from(Float32Array.from(rows.flat()).buffer)]),
  ]);

const model = (...graph: readonly number[][]): Uint8Array =>
  Uint8Array.from([
    ...int(1, 8),
    ...bytes(7, [...graph.flat(), ...text(2, 'tiny')]),
    ...bytes(8, int(2, 13)),
  ]);

const ids = value(11, 'input_ids', INT64, [1, 't']);

/** `last_hidden_state` `[1, t, d]`: the row of a table for each token. */
export const embeddingModel = (table: readonly (readonly number[])[]): Uint8Array =>
  model(
    node('Gather', ['table', 'input_ids'], 'last_hidden_state'),
    floats('table', table),
    ids,
    value(12, 'last_hidden_state', FLOAT, [1, 't', table[0].length]),
  );

/** One output per head `[1, classes]`: the largest of the tokens' rows in the head's table. */
export const headsModel = (tables: readonly (readonly (readonly number[])[])[]): Uint8Array =>
  model(
    ...tables.flatMap((table, h) => [
      node('Gather', [`table${h}`, 'input_ids'], `rows${h}`),
      node('ReduceMax', [`rows${h}`], `head${h}`, [
        ...bytes(5, [...text(1, 'axes'), ...int(8, 1), ...int(20, 7)]),
        ...bytes(5, [...text(1, 'keepdims'), ...int(3, 0), ...int(20, 2)]),
      ]),
      floats(`table${h}`, table),
      value(12, `head${h}`, FLOAT, [1, table[0].length]),
    ]),
    ids,
  );
