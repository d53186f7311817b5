import { expect, it } from 'vitest';
import { encodeModel } from './onnx-bytes';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

it('writes the bytes worked out by hand from the wire format', () => {
  const model = encodeModel({
    nodes: [{ op: 'F', inputs: ['a'], outputs: ['y'], attributes: { k: { int: 300 } } }],
    inputs: { a: 'float32' },
    outputs: { y: 'bool' },
  });
  const attribute = '2a09' + '0a016b' + '18ac02' + 'a00102'; // name k, i = 300, type INT
  const node = '0a14' + '0a0161' + '120179' + '220146' + attribute;
  const input = '5a09' + '0a0161' + '1204' + '0a02' + '0801'; // a: tensor of FLOAT
  const output = '6209' + '0a0179' + '1204' + '0a02' + '0809'; // y: tensor of BOOL
  const graph = node + '120167' + input + output;
  const opsets =
    '4204' + '0a00' + '1011' + '4211' + '0a0d' + hex(new TextEncoder().encode('com.microsoft')) + '1001';
  expect(hex(model)).toBe('0808' + '3a' + (graph.length / 2).toString(16) + graph + opsets);
});

it('writes negative integers as ten bytes of two’s complement', () => {
  const axes = encodeModel({ nodes: [], inputs: {}, outputs: {}, constants: { c: [-1] } });
  expect(hex(axes)).toContain('38' + 'ff'.repeat(9) + '01' + '420163');
});
