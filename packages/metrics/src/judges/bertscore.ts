import { mean } from '../tokens';
import type { MetricResult, ReportPair } from '../types';

/** A tensor as ONNX Runtime gives it. */
export interface ModelOutput {
  readonly data: ArrayLike<number>;
  readonly dims: readonly number[];
}

/** What is needed of a text encoder; onnxruntime-node's and onnxruntime-web's sessions fit with a few lines. */
export interface TokenEncoder {
  /** Token numbers of a text with the model's start and end tokens, cut at its longest input. */
  tokenize(text: string): readonly number[];
  /** Hidden states `[1, t, d]` (or `[t, d]`) of one row of tokens, from the layer that the score is known for. */
  encode(tokens: readonly number[]): Promise<ModelOutput>;
  /** Tokens that may be matched but do not count, e.g. start and end. */
  readonly special?: ReadonlySet<number>;
}

export interface BertScoreOptions {
  /** Goes into the key: model, layer, whether rescaled. */
  readonly name: string;
  /** Scores of unrelated texts; (score - baseline) / (1 - baseline) is reported. */
  readonly baseline?: BertScore;
  /** Weight of a token, 1 when left out (inverse document frequency of the references). */
  readonly weight?: (token: number) => number;
}

export interface BertScore {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Unit vectors `[t, d]`, row after row, with the tokens' weights. */
interface Encoded {
  readonly vectors: Float32Array;
  readonly width: number;
  readonly weights: readonly number[];
}

/**
 * BERTScore of one pair from hidden states: every token takes its best cosine in the other text.
 * @see Zhang et al., BERTScore, ICLR 2020
 */
function compare(reference: Encoded, hypothesis: Encoded): BertScore {
  const best = (from: Encoded, to: Encoded): number => {
    let sum = 0;
    let total = 0;
    from.weights.forEach((weight, i) => {
      if (weight === 0) return;
      let most = to.weights.length === 0 ? 0 : -1;
      for (let j = 0; j < to.weights.length; j++) {
        let dot = 0;
        for (let k = 0; k < from.width; k++) {
          dot += from.vectors[i * from.width + k]! * to.vectors[j * to.width + k]!;
        }
        most = Math.max(most, dot);
      }
      sum += weight * most;
      total += weight;
    });
    return total === 0 ? 0 : sum / total;
  };
  const precision = best(hypothesis, reference);
  const recall = best(reference, hypothesis);
  const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { precision, recall, f1 };
}

/**
 * BERTScore through a model that the caller brings. Keys `bertscore/{precision,recall,f1}/<name>`, means over
 * reports. Each distinct text is encoded once.
 * @throws Error when the model gives another number of vectors than tokens
 */
export async function bertScore(
  pairs: readonly ReportPair[],
  model: TokenEncoder,
  { name, baseline, weight = () => 1 }: BertScoreOptions,
): Promise<MetricResult> {
  const encoded = new Map<string, Encoded>();
  for (const text of new Set(pairs.flatMap(({ reference, hypothesis }) => [reference, hypothesis]))) {
    encoded.set(text, await encode(text, model, weight));
  }
  const scores = pairs.map(({ reference, hypothesis }) =>
    rescale(compare(encoded.get(reference)!, encoded.get(hypothesis)!), baseline),
  );
  const named = (score: BertScore) => ({
    [`bertscore/precision/${name}`]: score.precision,
    [`bertscore/recall/${name}`]: score.recall,
    [`bertscore/f1/${name}`]: score.f1,
  });
  const average = (key: keyof BertScore) => mean(scores.map((score) => score[key]));
  return {
    corpus: named({ precision: average('precision'), recall: average('recall'), f1: average('f1') }),
    perReport: scores.map(named),
  };
}

async function encode(
  text: string,
  model: TokenEncoder,
  weight: (token: number) => number,
): Promise<Encoded> {
  const tokens = model.tokenize(text);
  const { data, dims } = await model.encode(tokens);
  const [count = 0, width = 0] = dims.slice(-2);
  if (count !== tokens.length || data.length !== count * width || dims.length > 3) {
    throw new Error(`bertScore: hidden states must be [1, ${tokens.length}, d], got [${dims.join(', ')}]`);
  }
  const vectors = Float32Array.from(data);
  for (let i = 0; i < count; i++) {
    const row = vectors.subarray(i * width, (i + 1) * width);
    const norm = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
    if (norm > 0) for (let k = 0; k < width; k++) row[k]! /= norm;
  }
  return { vectors, width, weights: tokens.map((token) => (model.special?.has(token) ? 0 : weight(token))) };
}

function rescale(score: BertScore, baseline?: BertScore): BertScore {
  if (!baseline) return score;
  const by = (key: keyof BertScore) => (score[key] - baseline[key]) / (1 - baseline[key]);
  return { precision: by('precision'), recall: by('recall'), f1: by('f1') };
}
