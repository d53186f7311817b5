import { publishedName as alignmentName } from '@raca/alignment';
import { publishedName as fusionName } from '@raca/bca';
import { assignValues, type StoredTensor, toFloat32 } from '@raca/core';
import { publishedName as decoderName } from '@raca/decoder';
import { publishedName as agentName } from '@raca/region-agent';
import { publishedName as visionName } from '@raca/vision';
import type { Raca } from './model';

/** A parameter's place among the published PyTorch weights (of RACA, R2Gen, R2GenCMN). */
export interface PublishedParameter {
  /** PyTorch name, such as `model.esf.fusion.0.weight`. */
  readonly name: string;
  /** Whether layouts differ: matrices `[out, in]` there, `[in, out]` here; filters OIHW there, HWIO here. */
  readonly transpose: boolean;
}

const SLOTS: Readonly<Record<string, (name: string) => PublishedParameter>> = {
  vision: visionName,
  agent: agentName,
  alignment: alignmentName,
  fusion: fusionName,
  decoder: decoderName,
};

/** What a published checkpoint holds beyond weights: counters of batches and tables of sinusoidal positions. */
const IGNORED = /\.(num_batches_tracked|pe)$/;

/**
 * A weight's name as the whole line of models has it: without the prefixes of R2Gen's wrapper (`encoder_decoder.`) and
 * of PyTorch's for several GPUs (`module.`). R2GenCMN calls the γ and β of norms `a_2` and `b_2`, and has its memory in
 * two places (`cmn`, `model.cmn`).
 */
export const commonName = (name: string): string =>
  name
    .replace(/^module\./, '')
    .replace(/^encoder_decoder\./, '')
    .replace(/^model\.cmn\./, 'cmn.')
    .replace(/\.norm\.a_2$/, '.norm.gamma')
    .replace(/\.norm\.b_2$/, '.norm.beta');

/**
 * Where the published model keeps a parameter of {@link Raca}.
 * @param parameter with its slot, such as `fusion.output.weight`
 * @throws RangeError for a parameter that the published model does not have
 */
export function publishedParameter(parameter: string): PublishedParameter {
  const slot = parameter.slice(0, parameter.indexOf('.'));
  if (!Object.hasOwn(SLOTS, slot)) {
    throw new RangeError(`publishedParameter: ${parameter} belongs to none of ${Object.keys(SLOTS)}`);
  }
  return SLOTS[slot](parameter.slice(slot.length + 1));
}

/**
 * Sets all weights of a model, whose modules are of the `published` variant, from the published model's under
 * PyTorch's names and layouts. Nothing is changed unless all names and shapes fit.
 *
 * @param given as `parseSafetensors` gives them
 * @param source named in errors, usually the file's path
 * @throws Error in one line that names the first weight that is missing, surplus or of another shape. A second name
 *   of a weight in the same bytes is no surplus
 */
export function importPublished(
  model: Pick<Raca, 'parameters'>,
  given: ReadonlyMap<string, StoredTensor>,
  source = 'published weights',
): void {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of given) {
    const common = commonName(name);
    const other = tensors.get(common);
    if (other && !sameValues(other, tensor))
      throw new Error(`${source}: weight ${common} is there twice, with different values`);
    tensors.set(common, tensor);
  }
  const plan = [...model.parameters].map(([own, variable]) => {
    const { name, transpose } = placeOf(own, source);
    return { own, variable, name, order: transpose ? fromPublished(variable.rank) : null };
  });
  const missing = plan.filter(({ name }) => !tensors.has(name));
  if (missing.length) {
    const [{ name, own }] = missing;
    throw new Error(`${source}: weight ${name} (${own}) is missing${more(missing.length)}`);
  }
  const taken = new Set(plan.map(({ name }) => name));
  const used = plan.map(({ name }) => tensors.get(name)!);
  const surplus = [...tensors]
    .filter(
      ([name, tensor]) => !taken.has(name) && !IGNORED.test(name) && !used.some((t) => sameBytes(t, tensor)),
    )
    .map(([name]) => name);
  if (surplus.length) {
    throw new Error(`${source}: the model has no weight ${surplus[0]}${more(surplus.length)}`);
  }
  for (const { own, variable, name, order } of plan) {
    const expected = [...variable.shape];
    order?.forEach((from, to) => {
      expected[from] = variable.shape[to];
    });
    const { shape } = tensors.get(name)!;
    if (shape.length !== expected.length || shape.some((size, i) => size !== expected[i])) {
      throw new Error(`${source}: weight ${name} (${own}) must have shape [${expected}], found [${shape}]`);
    }
  }
  for (const { variable, name, order } of plan) {
    const stored = tensors.get(name)!;
    const values = toFloat32(stored);
    assignValues(variable, order ? permuted(values, stored.shape, order) : values);
  }
}

/** Whether two names stand for one weight: PyTorch saves a shared module under every name it has. */
const sameBytes = ({ bytes: a }: StoredTensor, { bytes: b }: StoredTensor): boolean =>
  a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.length === b.length;

const sameValues = (a: StoredTensor, b: StoredTensor): boolean =>
  sameBytes(a, b) || (a.bytes.length === b.bytes.length && a.bytes.every((byte, i) => byte === b.bytes[i]));

/** Which axis of the published layout each of our axes is: `[out, in]` or OIHW there. */
const fromPublished = (rank: number): number[] => (rank === 4 ? [2, 3, 1, 0] : [1, 0]);

/** Values in the layout of our axes; plain loops, so that no backend slows them down. */
function permuted(values: Float32Array, shape: readonly number[], order: readonly number[]): Float32Array {
  const axes = [0, 1, 2, 3].map((axis) => order[axis] ?? null);
  const [na, nb, nc, nd] = axes.map((from) => (from === null ? 1 : shape[from]));
  const [sa, sb, sc, sd] = axes.map((from) =>
    from === null ? 0 : shape.slice(from + 1).reduce((n, s) => n * s, 1),
  );
  const out = new Float32Array(values.length);
  let at = 0;
  for (let a = 0; a < na; a++) {
    for (let b = 0; b < nb; b++) {
      for (let c = 0; c < nc; c++) {
        const from = a * sa + b * sb + c * sc;
        for (let d = 0; d < nd; d++) out[at++] = values[from + d * sd];
      }
    }
  }
  return out;
}

function placeOf(own: string, source: string): PublishedParameter {
  try {
    return publishedParameter(own);
  } catch (error) {
    const hint = 'every module must be of the published variant';
    throw new Error(`${source}: the published model has no weight ${own}; ${hint}`, { cause: error });
  }
}

const more = (n: number): string => (n > 1 ? ` (and ${n - 1} more)` : '');
