import { contrastiveAlignment } from '@raca/alignment';
import { type Alignment, EVALUATION, Random, type RegionSet, THORAX_12, tidyRead } from '@raca/core';
import type { RegionTruth, Split } from '@raca/data';
import { type Dataset, ImageCache, type StudyBatch } from '@raca/data/node';
import { priorFor } from '@raca/region-agent';
import { disposeReadable, type EncodedStudies, encodeStudies, readableOf } from '../../generate';
import type { ModelBatch, Raca } from '../../model';
import { regionSetOf } from '../../region-config';
import { sentencesOf } from '../../sentence-spans';
import { withBatch } from '../batches';
import { openFeatures } from '../features';
import type { LoadedRun } from '../load-run';
import { makeLoaders } from '../loaders';
import { ErasedFindings } from './erased-findings';
import { type ErasureScores, erasureScores } from './erasure';
import { positiveFindings, type TruthOfSlots, truthOfSlots } from './findings';
import { type OverlapScores, overlapScores, rectangleMasks, type StudyMasks } from './overlap';
import { type PointedFinding, type Pointing, pointedAt, pointing } from './pointing';
import { type RankedSentence, type Retrieval, retrieval } from './retrieval';

/** What a model is worth against the known truth of a data set (`regions.json`). */
export interface TruthScores {
  /** Made up by a program: a test bed, not radiology. */
  readonly phantom: boolean;
  /** The model's masks, the fixed prior, all patches, and the best rectangle (which looks at the truth). */
  readonly overlap: readonly OverlapScores[];
  /** Sentence → region by the model's alignment (null if it has none); null without an agent. */
  readonly retrieval: RetrievalScores | null;
  /** Null where the model reads stored features, which cannot be erased, or more than pictures. */
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

/** Measures a model against `regions.json`, batch by batch. */
export class TruthMeasures {
  private readonly fresh: readonly Alignment[];
  private readonly sentences: RankedSentence[] = [];
  /** By alignment. */
  private readonly untrained: readonly RankedSentence[][];
  private readonly erased: ErasedFindings;
  private readonly pointed: PointedFinding[] = [];
  /** Truth of each study so far, slot by slot. */
  private readonly studies: TruthOfSlots[] = [];

  /** Null where the data set has no `regions.json`, or one on another grid or of other regions. */
  static of(loaded: LoadedRun, dataset: Dataset): TruthMeasures | null {
    const { regions: truth } = dataset;
    const { grid } = loaded.config.model;
    if (!truth || truth.rows !== grid.rows || truth.cols !== grid.cols) return null;
    const set = regionSetOf(loaded.config.model);
    if (set !== THORAX_12 && !knowsSome(truth, set)) return null;
    return new TruthMeasures(loaded, dataset, truth, set);
  }

  private constructor(
    private readonly loaded: LoadedRun,
    private readonly dataset: Dataset,
    private readonly truth: RegionTruth,
    private readonly set: RegionSet,
  ) {
    const { model, config } = loaded;
    const { width, grid } = config.model;
    const random = new Random(config.training.seed).split('truth');
    this.fresh = Array.from({ length: UNTRAINED }, (_, k) =>
      contrastiveAlignment(
        { width, layers: 1, heads: 1, feedForward: width },
        random.split(`untrained ${k}`),
      ),
    );
    this.untrained = this.fresh.map(() => []);
    this.erased = new ErasedFindings(model, { grid, random, together: config.training.batchSize });
  }

  /**
   * Takes the next batch of the split in.
   * @param input the same batch as tensors
   * @param encoded the same batch encoded; stays the caller's
   */
  add(batch: StudyBatch, input: ModelBatch, encoded: EncodedStudies): void {
    const { model, tokenizer } = this.loaded;
    const { agent, alignment } = model.parts;
    const truth = truthOfSlots(batch, this.truth);
    this.studies.push(...truth);
    if (agent) {
      const lists = alignment ? [this.sentences, ...this.untrained] : this.untrained;
      const all = alignment ? [alignment, ...this.fresh] : this.fresh;
      ranked(model, all, input, encoded).forEach((found, k) => {
        lists[k].push(...found);
      });
    }
    const asked = positiveFindings(
      batch,
      model.separator,
      { ...this.truth, studies: truth },
      (ids) => tokenizer.decode(ids),
      this.set.names,
    );
    if (asked.every(({ length }) => length === 0)) return;
    const readable = readableOf(model, encoded);
    try {
      this.pointed.push(...pointedAt(model, input, asked, readable));
      if (!('images' in input.study.views.input) || model.parts.context) return; // erased alone, it would lack its context
      this.erased.add(
        batch,
        readable,
        asked.map((found) => found.slice(0, FINDINGS)),
      );
    } finally {
      disposeReadable(readable);
    }
  }

  /**
   * @param masks of study `i`, in the order in which studies were added
   */
  finish(masks: (i: number) => StudyMasks): TruthScores {
    const { dataset, sentences, untrained, pointed } = this;
    const { grid, views } = this.loaded.config.model;
    const findings = this.erased.finish();
    return {
      phantom: /phantom/i.test(dataset.manifest?.source ?? ''),
      overlap: overlaps(this.studies, { ...grid, views }, masks, this.set),
      retrieval:
        untrained[0].length === 0
          ? null
          : {
              model: sentences.length > 0 ? retrieval(sentences) : null,
              untrained: { ...retrieval(untrained.flat()), sentences: retrieval(untrained[0]).sentences },
            },
      erasure: findings.length > 0 ? erasureScores(findings) : null,
      pointing: pointed.length > 0 ? pointing(pointed) : null,
    };
  }

  dispose(): void {
    for (const own of this.fresh) own.dispose();
  }
}

/**
 * Measures a model against `regions.json`: null where the data set has none, or one on another grid or of other regions.
 * @param masks of study `i` of the split, as evaluated
 */
export async function measureTruth(
  loaded: LoadedRun,
  dataset: Dataset,
  split: Split,
  masks: (i: number) => StudyMasks,
  { signal, features: folder }: { readonly signal?: AbortSignal; readonly features?: string } = {},
): Promise<TruthScores | null> {
  const measures = TruthMeasures.of(loaded, dataset);
  if (!measures) return null;
  const { model, config, tokenizer } = loaded;
  const features = openFeatures(config.model, dataset, folder);
  const { train, evaluation } = makeLoaders(dataset, loaded, new ImageCache({ maxBytes: 0 }));
  try {
    for await (const batch of evaluation.batches(split, { shuffle: false })) {
      signal?.throwIfAborted();
      await withBatch(batch, { features, tokenizer }, (input) => {
        const encoded = encodeStudies(model, input.study);
        try {
          measures.add(batch, input, encoded);
        } finally {
          encoded.dispose();
        }
      });
    }
    return measures.finish(masks);
  } finally {
    await Promise.all([evaluation.close(), train.close()]);
    features?.close();
    measures.dispose();
  }
}

/** Whether a data set says of any region of a set where it is. */
const knowsSome = ({ studies }: RegionTruth, { names }: RegionSet): boolean =>
  Object.values(studies).some((views) =>
    views.some((view) => names.some((name) => Object.hasOwn(view, name))),
  );

/** The model's overlap beside those of the prior (where the set has drawings), all patches and the best rectangles. */
export function overlaps(
  studies: TruthOfSlots[],
  { rows, cols, views }: { readonly rows: number; readonly cols: number; readonly views: number },
  masks: (i: number) => StudyMasks,
  set: RegionSet = THORAX_12,
): OverlapScores[] {
  const { names } = set;
  const patches = rows * cols;
  const truth = { studies, patches, views, names };
  const prior = set.drawings && priorFor({ rows, cols, views }, ['frontal', 'lateral'], 'raca', set).masks;
  const all = new Uint8Array(names.length * views * patches).fill(1);
  const boxes = studies.map((study) => rectangleMasks(study, { rows, cols, views }, names));
  return [
    overlapScores('model', masks, truth),
    ...(prior ? [overlapScores('prior', () => prior, truth)] : []),
    overlapScores('all patches', () => all, truth),
    overlapScores('best rectangle (oracle)', (i) => boxes[i], truth),
  ];
}

/** Similarity of every sentence of the references with every region, by each alignment. */
function ranked(
  model: Raca,
  alignments: readonly Alignment[],
  { tokens, sentenceRegions }: ModelBatch,
  { features, regions }: EncodedStudies,
): RankedSentence[][] {
  const [, t] = tokens.shape;
  return tidyRead(() => {
    const embedded = model.parts.decoder.embed(tokens, EVALUATION);
    const { masks } = regions;
    const input = { tokens, embedded, features, masks, separator: model.separator, sentenceRegions };
    return alignments.map((alignment) => {
      const cosines = alignment.similarity(input);
      const values = cosines.dataSync();
      const [, s, r] = cosines.shape;
      return sentenceRegions.flatMap((regionsOf, i) =>
        sentencesOf(tokens.ids.subarray(i * t, (i + 1) * t), model.separator).map((_, j) => ({
          similarity: values.subarray((i * s + j) * r, (i * s + j + 1) * r),
          regions: regionsOf[j] ?? [],
        })),
      );
    });
  });
}
