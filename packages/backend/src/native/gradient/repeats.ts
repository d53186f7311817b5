import type { Node } from '../onnx-bytes';
import type { Trace } from './trace';

/** Constants up to this length are compared by what is in them. */
const SHORT = 16;

/**
 * The trace without operators that compute once more what an earlier one has: a gradient often begins with a form of
 * its input that the function has made already, such as the patches of a convolution.
 */
export function withoutRepeats(trace: Trace): Trace {
  const { vectors, reshapes, constants } = trace;
  const same = new Map<string, string>();
  const now = (name: string): string => same.get(name) ?? name;
  const content = (name: string): unknown => {
    const form = name.endsWith('_dims') ? reshapes[name.slice(0, -'_dims'.length)] : undefined;
    const known = vectors[name] ?? form;
    if (known) return [known];
    const constant = constants[name];
    return constant && constant.data.length <= SHORT ? [constant.shape, [...constant.data]] : now(name);
  };
  const made = new Map<string, readonly string[]>();
  const nodes: Node[] = [];
  let { mark } = trace;
  trace.nodes.forEach((node, i) => {
    const { op, domain, attributes, inputs, outputs } = node;
    const key = JSON.stringify([op, domain, attributes, inputs.map(content), outputs.length]);
    const before = made.get(key);
    if (before) {
      outputs.forEach((name, k) => {
        same.set(name, before[k]);
      });
      if (i < trace.mark) mark--;
      return;
    }
    made.set(key, outputs);
    nodes.push({ ...node, inputs: inputs.map(now) });
  });
  const value = { ...trace.value, name: now(trace.value.name) };
  const gradients = trace.gradients.map((g) => g && { ...g, name: now(g.name) });
  return { ...trace, nodes, mark, value, gradients };
}
