import type { KernelTable } from './kernel';
import type { Graph } from './onnx-bytes';
import { output, type Shaped } from './tensors';

/** Which inputs are there besides the queries, in the operator's order; an absent one has an empty name. */
const ORDER = ['q', 'keys', 'values', '', '', 'bias', 'pastKeys', 'pastValues'] as const;

/** One operator: softmax(QKᵀ/√w + bias) V of every head. */
function graph(present: ReadonlySet<string>, heads: number): Graph {
  const inputs = ORDER.map((name) => (present.has(name) ? name : ''));
  while (inputs.at(-1) === '') inputs.pop();
  const past = present.has('pastKeys');
  return {
    nodes: [
      {
        op: 'MultiHeadAttention',
        domain: 'com.microsoft',
        inputs,
        outputs: past ? ['y', 'presentKeys', 'presentValues'] : ['y'],
        attributes: { num_heads: { int: heads } },
      },
    ],
    inputs: Object.fromEntries(inputs.filter((name) => name !== '').map((name) => [name, 'float32'])),
    outputs: { y: 'float32' },
  };
}

/**
 * `RacaAttention`: queries `[n, s, d]`; keys and values `[n, l, d]` or, split into heads, `[n, h, l, w]`; optional
 * bias `[n or 1, h or 1, s, m + l]`; optional pastKeys and pastValues `[n, h, m, w]`, which come before the keys;
 * {heads} → `[n, s, d]`. No gradient.
 */
export const attentionKernels: KernelTable = {
  RacaAttention: ({ inputs, attrs, backend }) => {
    const { heads } = attrs as { heads: number };
    const names = ORDER.filter((name) => name !== '' && inputs[name] !== undefined);
    const feeds = names.map((name): Shaped => [inputs[name].shape, backend.read32(inputs[name])]);
    const { shape } = inputs.q;
    const out = backend.floats(shape.reduce((n, size) => n * size, 1));
    const key = `RacaAttention ${heads} ${names}`;
    const { threads } = backend.options;
    backend.run(key, () => graph(new Set(names), heads), feeds, [[shape, out]], threads);
    return output(backend, shape, out);
  },
};
