import { EVALUATION, isAttentiveDecoder, partOf, tidyRead } from '@raca/core';
import { type ModelBatch, type Raca, type Readable, withoutLast } from '../../model';
import { type SentenceSpan, sentencesOf } from '../../sentence-spans';
import type { Finding } from './findings';

/** How often the patch that is looked at most lies where the finding is. */
export interface PointingScore {
  /** Share of findings whose sentence has its best patch in the finding's region. */
  readonly hits: number;
  /** The same with the best patches of the report's other sentences: what looking at one place always would reach. */
  readonly others: number;
  /**
   * Hits of the patch that gains most on the report's other sentences (attention divided by their mean): where the
   * sentence looks that the others do not.
   */
  readonly relative: number;
  /** Mean share of attention that lies in the region. */
  readonly mass: number;
  /** Mean share of patches in the region: what guessing reaches. */
  readonly chance: number;
  readonly findings: number;
}

/** Over all findings, and by class; a sentence with two classes counts in both. */
export interface Pointing extends PointingScore {
  readonly classes: Readonly<Record<string, PointingScore>>;
}

/** One finding: where its sentence looks, and where it is. */
export interface PointedFinding {
  /** `[p]`, sums to 1. */
  readonly attention: ArrayLike<number>;
  /** Those of the report's other sentences. */
  readonly others: readonly ArrayLike<number>[];
  /** `[p]`, 1 in the finding's region; what is missing at the end is outside. */
  readonly patches: ArrayLike<number>;
  readonly classes: readonly string[];
}

/**
 * The pointing game of Zhang et al. 2016, arXiv:1608.00507, on patches: means over findings. NaN without findings, and
 * where no report has another sentence, for what compares with one.
 */
export function pointing(findings: readonly PointedFinding[]): Pointing {
  const names = [...new Set(findings.flatMap(({ classes }) => classes))].sort();
  const classes = names.map((name) => [name, scoreOf(findings.filter((f) => f.classes.includes(name)))]);
  return { ...scoreOf(findings), classes: Object.fromEntries(classes) };
}

function scoreOf(findings: readonly PointedFinding[]): PointingScore {
  const mean = (values: readonly number[]): number => values.reduce((a, x) => a + x, 0) / values.length;
  const withOthers = findings.filter(({ others }) => others.length > 0);
  return {
    hits: mean(findings.map(({ attention, patches }) => hit(attention, patches))),
    others: mean(withOthers.map(({ others, patches }) => mean(others.map((other) => hit(other, patches))))),
    relative: mean(withOthers.map(({ patches, ...looks }) => hit(gain(looks), patches))),
    mass: mean(findings.map(({ attention, patches }) => inside(attention, patches))),
    chance: mean(
      findings.map(({ attention: a, patches }) =>
        inside(
          Array.from(a, () => 1 / a.length),
          patches,
        ),
      ),
    ),
    findings: findings.length,
  };
}

/** 1 where the most attended patch lies inside; of several equal ones the share that does. */
function hit(attention: ArrayLike<number>, patches: ArrayLike<number>): number {
  const most = Array.from(attention).reduce((a, x) => Math.max(a, x), Number.NEGATIVE_INFINITY);
  let [equal, right] = [0, 0];
  for (let p = 0; p < attention.length; p++) {
    if (attention[p] !== most) continue;
    equal++;
    if (patches[p]) right++;
  }
  return right / equal;
}

/** Attention divided by the mean of the others', `[p]`. */
function gain({ attention, others }: Pick<PointedFinding, 'attention' | 'others'>): number[] {
  return Array.from(
    attention,
    (x, p) => x / others.reduce((sum, other) => sum + other[p] / others.length, 1e-9),
  );
}

function inside(attention: ArrayLike<number>, patches: ArrayLike<number>): number {
  let sum = 0;
  for (let p = 0; p < attention.length; p++) if (patches[p]) sum += attention[p];
  return sum;
}

/**
 * Where a model looks when it writes each finding's sentence of a reference, by teacher forcing.
 * @param asked findings of each study of the batch
 * @param readable what the decoder reads, where the caller has it; stays the caller's
 * @returns nothing for a decoder that does not show its attention
 */
export function pointedAt(
  model: Raca,
  batch: Pick<ModelBatch, 'study' | 'tokens'>,
  asked: readonly (readonly Finding[])[],
  readable?: Readable,
): PointedFinding[] {
  const looks = sentenceAttention(model, batch, readable);
  if (!looks) return [];
  return asked.flatMap((findings, i) =>
    findings.map(({ span, patches, classes }): PointedFinding => {
      const own = looks[i].find(({ from }) => from === span.from)!;
      const others = looks[i].filter((look) => look !== own).map(({ attention }) => attention);
      return { attention: own.attention, others, patches, classes };
    }),
  );
}

/** Where the decoder looks while it writes one sentence. */
export interface SentenceLook extends SentenceSpan {
  /** `[p]`, mean over the sentence's tokens; their sum is 1 where the memory holds patches alone. */
  readonly attention: Float32Array;
}

/**
 * Attention of every sentence of every row to the patches, of whatever else the memory holds; or null for a decoder that does
 * not show it.
 * @param readable as in {@link pointedAt}
 */
export function sentenceAttention(
  model: Raca,
  { study, tokens }: Pick<ModelBatch, 'study' | 'tokens'>,
  readable?: Readable,
): SentenceLook[][] | null {
  const { decoder } = model.parts;
  if (!isAttentiveDecoder(decoder)) return null;
  const found = tidyRead(() => {
    const { memory, prefix } = readable ?? readOf(model, study);
    const patches = partOf(memory, 'patches');
    if (!patches) return null;
    const weights = decoder.attention(memory, withoutLast(tokens), prefix ? { prefix } : undefined); // [b, t − 1, m]
    return { values: weights.dataSync() as Float32Array, m: weights.shape[2], patches };
  });
  if (!found) return null;
  const { values, m, patches } = found;
  const [from0, to0] = patches;
  const p = to0 - from0;
  const [b, t] = tokens.shape;
  return Array.from({ length: b }, (_, i) =>
    sentencesOf(tokens.ids.subarray(i * t, (i + 1) * t), model.separator).map(({ from, to }) => {
      const attention = new Float32Array(p);
      // position j − 1 writes token j
      for (let j = from; j < to; j++) {
        const row = (i * (t - 1) + j - 1) * m + from0;
        for (let k = 0; k < p; k++) attention[k] += values[row + k] / (to - from);
      }
      return { from, to, attention };
    }),
  );
}

function readOf(model: Raca, study: ModelBatch['study']): Readable {
  const encoded = model.encode(study, EVALUATION);
  return model.read(encoded, model.locate(encoded), EVALUATION);
}
