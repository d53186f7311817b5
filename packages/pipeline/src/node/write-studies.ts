import type { ContextField, ContextTexts, StudyInput, ViewKind, Views } from '@raca/core';
import { evalTransform, type RasterImage, readableSentences, studyTexts } from '@raca/data';
import { findContradictions } from '@raca/metrics';
import * as tf from '@tensorflow/tfjs-core';
import { positiveProbabilities } from '../calibration';
import { confidenceOf, type ModelOpinion } from '../confidence';
import type { ModelConfig } from '../config';
import { writeJudgedReports } from '../generate';
import type { Raca } from '../model';
import { ofSlots } from '../of-slots';
import { notesOn, type WrittenReport } from '../written-report';
import type { LoadedRun } from './load-run';

/** A study's pictures in the slots of a model. */
export interface PreparedPictures {
  /** `[size · size · 3]` of each slot; null: it is empty. */
  readonly pixels: readonly (Float32Array | null)[];
  /** What the model is told that each slot shows; null: it is empty. */
  readonly kinds: readonly (ViewKind | null)[];
  /** Slots that show a picture of the study for the first time. */
  readonly shown: readonly number[];
  /** What these pictures show, as far as anybody has said. */
  readonly shownKinds: readonly ViewKind[];
}

/** A study as the model takes it. */
export interface PreparedStudy extends PreparedPictures {
  /** So that the study can be told apart from similar cases; absent: it belongs to no data set. */
  readonly id?: string;
  readonly prior: (PreparedPictures & { readonly days: number }) | null;
  /** Cleaned texts that the model may read. */
  readonly texts: Readonly<Partial<Record<ContextField, string>>>;
  readonly warnings: readonly string[];
}

/** An image as the model takes it, `[size · size · 3]`. */
export const pixelsOf = (image: RasterImage, { config }: LoadedRun): Float32Array =>
  evalTransform(image, { size: config.model.imageSize });

/** Encodes studies and writes their reports, all together. */
export async function writeStudies(
  loaded: LoadedRun,
  studies: readonly PreparedStudy[],
): Promise<WrittenReport[]> {
  const { model, config, tokenizer } = loaded;
  const { maxLength, grid } = config.model;
  const made: tf.Tensor[] = [];
  const read = model.parts.context?.reads ?? [];
  const views = viewsOf(studies, config.model, made);
  const study: StudyInput = {
    views,
    ...(read.includes('prior') && {
      prior: {
        views: viewsOf(
          studies.map(({ prior }) => prior),
          config.model,
          made,
        ),
        days: Float32Array.from(studies, ({ prior }) => prior?.days ?? Number.NaN),
      },
    }),
    ...(loaded.contextTokenizer && { texts: textsOf(studies, loaded, read) }),
    ...(studies.every(({ id }) => id !== undefined) && { ids: studies.map(({ id }) => id!) }),
  };
  try {
    const written = await writeJudgedReports(model, study, { ...config.training.generation, maxLength });
    try {
      const masks = Uint8Array.from(written.regions.masks.dataSync());
      const probabilities = written.regions.probabilities.dataSync() as Float32Array;
      const n = masks.length / studies.length;
      const findings = positivesOf(model, written.states);
      return studies.map(({ warnings, shown, shownKinds }, b) => {
        const report = tokenizer.decode(written.tokens[b] as number[]);
        const sentences = readableSentences(report);
        const contradictions = findContradictions(sentences);
        const own = <T extends Uint8Array | Float32Array>(values: T): T =>
          ofSlots(values.slice(b * n, (b + 1) * n) as T, shown, config.model.views, grid);
        return {
          report,
          sentences,
          score: written.scores[b],
          confidence: confidenceOf(
            { report, words: written.words[b], findings: findings(b) },
            loaded.calibration ?? null,
          ),
          contradictions,
          kinds: shownKinds,
          masks: own(masks),
          probabilities: own(probabilities),
          warnings,
          notes: notesOn({ report, sentences, contradictions }, written.tokens[b].length >= maxLength - 1),
        };
      });
    } finally {
      written.dispose();
    }
  } finally {
    tf.dispose(made);
  }
}

/** What the finding head says of study `b` of a batch; null without a head. @param states `[b, c, s]` */
export function positivesOf(
  { parts }: Pick<Raca, 'parts'>,
  states: Float32Array | null,
): (b: number) => ModelOpinion['findings'] {
  const names = parts.findings?.findings;
  if (!names || !states) return () => null;
  const positive = positiveProbabilities(states);
  return (b) => ({ names, positive: positive.subarray(b * names.length, (b + 1) * names.length) });
}

/** Pictures of studies as a tensor, which is added to `made`. @param studies null: no picture at all */
function viewsOf(
  studies: readonly (PreparedPictures | null)[],
  { views, imageSize: size }: ModelConfig,
  made: tf.Tensor[],
): Views {
  const each = size * size * 3;
  const all = new Float32Array(studies.length * views * each);
  studies.forEach((study, b) => {
    study?.pixels.forEach((pixels, v) => {
      if (pixels) all.set(pixels, (b * views + v) * each);
    });
  });
  const images = tf.tensor5d(all, [studies.length, views, size, size, 3]);
  made.push(images);
  return { input: { images }, kinds: studies.map((study) => study?.kinds ?? new Array(views).fill(null)) };
}

function textsOf(
  studies: readonly PreparedStudy[],
  { contextTokenizer, config }: LoadedRun,
  read: readonly string[],
): StudyInput['texts'] {
  const asked = studies.map(({ texts }) =>
    Object.fromEntries(Object.entries(texts).filter(([field]) => read.includes(field))),
  );
  const found = studyTexts(asked, contextTokenizer!, config.model.contextLength);
  return Object.fromEntries(
    Object.entries(found).map(([field, { tokens, shape, present }]): [string, ContextTexts] => [
      field,
      { tokens: { ids: tokens, shape }, present },
    ]),
  );
}

/** @throws RangeError for a model that reads stored features */
export function requireBackbone({ config }: LoadedRun): void {
  if (config.model.backbone === null)
    throw new RangeError('generate: the model reads stored features and has no backbone for images');
}

/** What is done about views that are not there, or too many. */
export function viewWarnings(
  given: number,
  { views, missingViews }: Pick<ModelConfig, 'views' | 'missingViews'>,
): string[] {
  if (given === views || (given < views && missingViews === 'empty')) return [];
  const images = `${given} image${given === 1 ? '' : 's'} for a model of ${views} view${views === 1 ? '' : 's'}`;
  return given < views
    ? [`${images}: the last one is repeated, as in training`]
    : [`${images}: only the first ${views === 1 ? 'one is' : `${views} are`} used`];
}
