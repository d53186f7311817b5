import type { Node } from '../onnx-bytes';
import { same, type Value } from '../record';
import type { Trace } from './trace';

/** Operators that treat each element alone, so that it does not matter in which form they see it. */
const ELEMENTWISE = new Set(
  'Add Sub Mul Div Max Min Relu HardSigmoid Exp Log Sqrt Neg Abs Reciprocal Softplus Tanh'.split(' '),
);

/**
 * The trace with fewer changes of form. A change costs little, but as much as a small operator, and every layer makes some:
 * products want matrices, sums are written for batches. So element-wise operators run in the form that their operands were
 * made in, changes of changes become one, and those that nobody reads any more go.
 */
export function withFewerForms(trace: Trace): Trace {
  const values = new Map(trace.values);
  const reshapes = { ...trace.reshapes };
  const dimsOf = (name: string): readonly number[] | undefined => values.get(name)?.dims ?? reshapes[name];
  /** What a change of form was made of. */
  const origin = new Map<string, string>();
  const source = (name: string): string => origin.get(name) ?? name;
  /** The name of each value in each form, such as `k3_y 4,8`. */
  const forms = new Map<string, string>();
  const renamed = new Map<string, string>();
  const now = (name: string): string => renamed.get(name) ?? name;
  const kept: { readonly node: Node; readonly early: boolean }[] = [];

  const change = (from: string, dims: readonly number[], name: string, early: boolean): void => {
    reshapes[name] = dims;
    origin.set(name, from);
    forms.set(`${from} ${dims}`, name);
    kept.push({ node: { op: 'Reshape', inputs: [from, `${name}_dims`], outputs: [name] }, early });
  };

  trace.nodes.forEach((original, i) => {
    const early = i < trace.mark;
    const node = { ...original, inputs: original.inputs.map(now) };
    const [out] = node.outputs;
    const dims = dimsOf(out);
    if (node.op === 'Reshape' && reshapes[out]) {
      const from = source(node.inputs[0]);
      const known = same(dimsOf(from) ?? [], reshapes[out]) ? from : forms.get(`${from} ${reshapes[out]}`);
      if (known) renamed.set(out, known);
      else change(from, reshapes[out], out, early);
      return;
    }
    const other = dims && ELEMENTWISE.has(node.op) ? otherForm(node, dims) : null;
    if (!other) {
      kept.push({ node, early });
      return;
    }
    const made = `${out}_f`;
    values.set(made, { ...(values.get(out) as Value), name: made, dims: other.dims });
    kept.push({ node: { ...node, inputs: other.inputs, outputs: [made] }, early });
    change(made, dims!, out, early);
  });

  /** The operands in a form that all whole ones have already; null where there is none but the present one. */
  function otherForm(
    node: Node,
    dims: readonly number[],
  ): { inputs: string[]; dims: readonly number[] } | null {
    const isWhole = (name: string): boolean => same(dimsOf(name) ?? [], dims);
    /** One number, or a vector along the last axis: the same in each form with that axis. */
    const isSmall = (name: string): boolean => {
      const own = dimsOf(name);
      return own !== undefined && (own.length === 0 || (own.length === 1 && own[0] === dims.at(-1)));
    };
    const whole = node.inputs.filter(isWhole);
    if (whole.length === 0 || !node.inputs.every((name) => isWhole(name) || isSmall(name))) return null;
    const hasVector = node.inputs.some((name) => !isWhole(name) && dimsOf(name)!.length === 1);
    for (const name of whole) {
      const form = dimsOf(source(name))!;
      if (same(form, dims) || (hasVector && form.at(-1) !== dims.at(-1))) continue;
      const inForm = (x: string): string | undefined =>
        same(dimsOf(source(x)) ?? [], form) ? source(x) : forms.get(`${source(x)} ${form}`);
      const inputs = node.inputs.map((x) => (isWhole(x) ? inForm(x) : x));
      if (inputs.every((x) => x !== undefined)) return { inputs: inputs as string[], dims: form };
    }
    return null;
  }

  const value = { ...trace.value, name: now(trace.value.name) };
  const gradients = trace.gradients.map((g) => g && { ...g, name: now(g.name) });
  const read = new Set([value, ...gradients].flatMap((v) => v?.name ?? []));
  const left = kept.reverse().filter(({ node: { op, inputs, outputs } }) => {
    if (op === 'Reshape' && !read.has(outputs[0])) return false;
    for (const name of inputs) read.add(name);
    return true;
  });
  const nodes = left.reverse().map(({ node }) => node);
  const mark = left.filter(({ early }) => early).length;
  return { ...trace, nodes, mark, value, gradients, values, reshapes };
}
