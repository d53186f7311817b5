import { contrastiveAlignment } from '@raca/alignment';
import { type Alignment, EVALUATION, Random, REGIONS, tidyRead } from '@raca/core';
import type { RegionTruth, Split } from '@raca/data';
import { type Dataset, ImageCache, type StudyBatch } from '@raca/data/node';
import { priorFor } from '@raca/region-agent';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelBatch, Raca } from '../../model';
import { sentencesOf } from '../../sentence-spans';
import { withBatch } from '../batches';
import { openFeatures } from '../features';
import type { LoadedRun } from '../load-run';
import { makeLoaders } from '../train';
import { displaced, type ErasedFinding, type ErasureScores, erasureScores, withoutPatches } from './erasure';
import { type Finding, positiveFindings } from './findings';
import { type OverlapScores, overlapScores, rectangleMasks, type StudyMasks } from './overlap';
import { type PointedFinding, type Pointing, pointedAt, pointing } from './pointing';
import { type RankedSentence, type Retrieval, retrieval } from './retrieval';
import { sentenceLogProbability } from './sentence-likelihood';

/** What a model is worth against the known truth of a data set (`regions.json`). */
export interface TruthScores {
  /** Made up by a program: a test bed, not radiology. */
  readonly phantom: boolean;
  /** The model's masks, the fixed prior, all patches, and the best rectangle (which looks at the truth). */
  readonly overlap: readonly OverlapScores[];
  /** Sentence → region by the model's alignment (null if it has none); null without an agent. */
  readonly retrieval: RetrievalScores | null;
  /** Null where the model reads stored features, which cannot be erased. */
  readonly erasure: ErasureScores | null;
  /** Where the decoder looks when it writes a finding; null for a decoder that does not show it. */
  readonly pointing: Pointing | null;
}

/** The trained alignment beside ones that never learned (the mean over some), on the same patches and masks. */
export interface RetrievalScores {
  readonly model: Retrieval | null;
  readonly untrained: Retrieval;
}

/** Alignments that never learned; each names mostly one region, so a single one says little. */
const UNTRAINED = 5;

/** Most positive findings of one study that are erased. */
const FINDINGS = 4;

/**
 * Measures a model against `regions.json`: null where the data set has none, or one on another grid.
 * @param masks of study `i` of the split, as evaluated
 */
export async function measureTruth(
  loaded: LoadedRun,
  dataset: Dataset,
  split: Split,
  masks: (i: number) => StudyMasks,
  { signal, features }: { readonly signal?: AbortSignal; readonly features?: string } = {},
): Promise<TruthScores | null> {
  const { regions: truth } = dataset;
  const { grid, views } = loaded.config.model;
  if (!truth || truth.rows !== grid.rows || truth.cols !== grid.cols) return null;
  const found = await collect(loaded, dataset, truth, split, features, signal);
  return {
    phantom: /phantom/i.test(dataset.manifest?.source ?? ''),
    overlap: overlaps(
      dataset.annotation[split].map(({ id }) => truth.studies[id] ?? []),
      { ...grid, views },
      masks,
    ),
    retrieval: found.untrained[0].length > 0 ? retrievals(found) : null,
    erasure: found.findings.length > 0 ? erasureScores(found.findings) : null,
    pointing: found.pointed.length > 0 ? pointing(found.pointed) : null,
  };
}

const retrievals = ({ sentences, untrained }: Collected): RetrievalScores => ({
  model: sentences.length > 0 ? retrieval(sentences) : null,
  untrained: { ...retrieval(untrained.flat()), sentences: retrieval(untrained[0]).sentences },
});

/** The model's overlap beside those of the prior, all patches and the best rectangles. */
export function overlaps(
  studies: RegionTruth['studies'][string][],
  { rows, cols, views }: { readonly rows: number; readonly cols: number; readonly views: number },
  masks: (i: number) => StudyMasks,
): OverlapScores[] {
  const patches = rows * cols;
  const truth = { studies, patches, views };
  const prior = priorFor({ rows, cols, views }, ['frontal', 'lateral'], 'raca').masks;
  const all = new Uint8Array(REGIONS.length * views * patches).fill(1);
  const boxes = studies.map((study) => rectangleMasks(study, { rows, cols, views }));
  return [
    overlapScores('model', masks, truth),
    overlapScores('prior', () => prior, truth),
    overlapScores('all patches', () => all, truth),
    overlapScores('best rectangle (oracle)', (i) => boxes[i], truth),
  ];
}

interface Collected {
  readonly sentences: RankedSentence[];
  /** By alignment. */
  readonly untrained: readonly RankedSentence[][];
  readonly findings: ErasedFinding[];
  readonly pointed: PointedFinding[];
}

async function collect(
  { model, config, tokenizer }: LoadedRun,
  dataset: Dataset,
  truth: RegionTruth,
  split: Split,
  folder?: string,
  signal?: AbortSignal,
): Promise<Collected> {
  const features = openFeatures(config.model, dataset, folder);
  const { train, evaluation } = makeLoaders(dataset, config, tokenizer, new ImageCache({ maxBytes: 0 }));
  const random = new Random(config.training.seed).split('truth');
  const { width } = config.model;
  const fresh = Array.from({ length: UNTRAINED }, (_, k) =>
    contrastiveAlignment({ width, layers: 1, heads: 1, feedForward: width }, random.split(`untrained ${k}`)),
  );
  const sentences: RankedSentence[] = [];
  const untrained: RankedSentence[][] = fresh.map(() => []);
  const findings: ErasedFinding[] = [];
  const pointed: PointedFinding[] = [];
  try {
    for await (const batch of evaluation.batches(split, { shuffle: false })) {
      signal?.throwIfAborted();
      await withBatch(batch, features, (input) => {
        const { agent, alignment } = model.parts;
        if (agent)
          fresh.forEach((own, k) => {
            untrained[k].push(...ranked(model, own, input));
          });
        if (agent && alignment) sentences.push(...ranked(model, alignment, input));
        const asked = positiveFindings(batch, model.separator, truth, (ids) => tokenizer.decode(ids));
        pointed.push(...pointedAt(model, input, asked));
        if (!features) {
          const some = asked.map((found) => found.slice(0, FINDINGS));
          findings.push(...erased(model, input, batch, some, truth, random));
        }
      });
    }
  } finally {
    await Promise.all([evaluation.close(), train.close()]);
    features?.close();
    for (const own of fresh) own.dispose();
  }
  return { sentences, untrained, findings, pointed };
}

/** Similarity of every sentence of the references with every region. */
function ranked(
  model: Raca,
  alignment: Alignment,
  { vision, tokens, sentenceRegions }: ModelBatch,
): RankedSentence[] {
  const [values, [, s, r]] = tidyRead(() => {
    const encoded = model.parts.vision.encode(vision, EVALUATION);
    const cosines = alignment.similarity({
      tokens,
      embedded: model.parts.decoder.embed(tokens, EVALUATION),
      patches: encoded.patches,
      masks: model.locate(encoded).masks,
      separator: model.separator,
      sentenceRegions,
    });
    return [cosines.dataSync(), cosines.shape] as const;
  });
  const [, t] = tokens.shape;
  return sentenceRegions.flatMap((regionsOf, i) =>
    sentencesOf(tokens.ids.subarray(i * t, (i + 1) * t), model.separator).map((_, j) => ({
      similarity: values.subarray((i * s + j) * r, (i * s + j + 1) * r),
      regions: regionsOf[j] ?? [],
    })),
  );
}

/** Likelihood of each finding's sentence before and after its own or a random region is erased from the images. */
function erased(
  model: Raca,
  { vision, tokens }: ModelBatch,
  batch: StudyBatch,
  asked: readonly (readonly Finding[])[],
  { rows, cols }: RegionTruth,
  random: Random,
): ErasedFinding[] {
  const most = Math.max(...asked.map(({ length }) => length));
  if (most === 0 || !('images' in vision)) return [];
  const views = batch.shape[1];
  const n = rows * cols;
  const likelihood = (images: Float32Array, k: number): number[] => {
    const logits = logitsOf(model, images, batch.shape, tokens);
    return asked.map((findings, i) =>
      findings[k]
        ? sentenceLogProbability(logits, model.parts.decoder.vocabularySize, tokens, i, findings[k].span)
        : 0,
    );
  };
  const intactLogits = logitsOf(model, batch.images, batch.shape, tokens);
  const out: ErasedFinding[] = [];
  for (let k = 0; k < most; k++) {
    const own = new Uint8Array(asked.length * views * n);
    const other = new Uint8Array(own.length);
    asked.forEach((findings, i) => {
      const patches = findings[k]?.patches.subarray(0, views * n);
      if (!patches) return;
      own.set(patches, i * views * n);
      for (let v = 0; v < views; v++) {
        const moved = displaced(patches.subarray(v * n, (v + 1) * n), rows, cols, random);
        other.set(moved, (i * views + v) * n);
      }
    });
    const [withoutOwn, withoutOther] = [own, other].map((patches) =>
      likelihood(withoutPatches(batch.images, batch.shape, patches, { rows, cols }), k),
    );
    asked.forEach((findings, i) => {
      if (!findings[k]) return;
      const V = model.parts.decoder.vocabularySize;
      const intact = sentenceLogProbability(intactLogits, V, tokens, i, findings[k].span);
      out.push({ intact, own: withoutOwn[i], random: withoutOther[i] });
    });
  }
  return out;
}

function logitsOf(
  model: Raca,
  images: Float32Array,
  shape: StudyBatch['shape'],
  tokens: ModelBatch['tokens'],
): Float32Array {
  return tidyRead(() => {
    const encoded = model.parts.vision.encode({ images: tf.tensor5d(images, shape) }, EVALUATION);
    const regions = model.locate(encoded);
    return model.logitsOf(encoded, regions, tokens, EVALUATION).dataSync() as Float32Array;
  });
}
