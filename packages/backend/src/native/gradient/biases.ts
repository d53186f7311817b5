import type { Node } from '../onnx-bytes';
import type { Trace } from './trace';

/** The trace with products of matrices that take over the addition of a bias that follows: one pass fewer. */
export function withBiases(trace: Trace): Trace {
  const { nodes, values, reshapes, value, gradients } = trace;
  const maker = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const uses = new Map<string, number>();
  const asked = [value, ...gradients].flatMap((v) => v?.name ?? []);
  for (const name of [...nodes.flatMap(({ inputs }) => inputs), ...asked]) {
    uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  const dims = (name: string): readonly number[] | undefined => values.get(name)?.dims ?? reshapes[name];
  /** The product that only this value shows, in whatever form. */
  const product = (name: string): Node | undefined => {
    const node = maker.get(name);
    if (!node || uses.get(name) !== 1) return undefined;
    if (node.op === 'Reshape') return product(node.inputs[0]);
    return node.op === 'MatMul' && node.inputs.every((x) => dims(x)?.length === 2) ? node : undefined;
  };
  const joined = new Map<Node, Node>();
  const same = new Map<string, string>();
  for (const node of nodes) {
    if (node.op !== 'Add') continue;
    for (const [x, bias] of [node.inputs, [...node.inputs].reverse()]) {
      const found = product(x);
      const columns = found && dims(found.outputs[0])?.[1];
      const width = dims(bias);
      if (!found || maker.has(bias) || joined.has(found) || width?.length !== 1 || width[0] !== columns)
        continue;
      if (dims(node.outputs[0])?.at(-1) !== columns) continue;
      joined.set(found, { op: 'Gemm', inputs: [...found.inputs, bias], outputs: found.outputs });
      same.set(node.outputs[0], x);
      break;
    }
  }
  const now = (name: string): string => same.get(name) ?? name;
  const kept = nodes.map((node, i) => ({ node, early: i < trace.mark }));
  const left = kept.filter(({ node }) => !node.outputs.some((name) => same.has(name)));
  return {
    ...trace,
    nodes: left.map(({ node }) => {
      const next = joined.get(node) ?? node;
      return { ...next, inputs: next.inputs.map(now) };
    }),
    mark: left.filter(({ early }) => early).length,
    value: { ...value, name: now(value.name) },
    gradients: gradients.map((g) => g && { ...g, name: now(g.name) }),
  };
}
