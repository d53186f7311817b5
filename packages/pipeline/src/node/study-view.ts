import type { ViewKind } from '@raca/core';
import { annotatorFor, type RasterImage, readableSentences } from '@raca/data';
import { encodeJpeg } from '@raca/data/node';
import { findContradictions } from '@raca/metrics';
import { compareFindings } from '../compare-findings';
import type { Confidence } from '../confidence';
import type { ModelConfig } from '../config';
import { hasSides, shrink, viewName } from '../picture-views';
import { regionSetOf } from '../region-config';
import type { PictureView, StudyView } from '../study-viewer';

/** Longer side of a picture on a page, in pixels: some 20 kB as JPEG. */
const SIDE = 512;

/** A study as a page shows it, before it is laid out. */
export interface ShownStudy {
  readonly id: string;
  /** Pictures of the views, of any size. */
  readonly pictures: readonly RasterImage[];
  /** What they show, where anybody has said. */
  readonly kinds?: readonly ViewKind[];
  /** Sentences for people. */
  readonly sentences: readonly string[];
  /** Of these sentences. */
  readonly confidence?: Confidence;
  /** Tokens; absent where there is none. */
  readonly reference?: string;
  readonly scores: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
  readonly masks: ArrayLike<number>;
  readonly probabilities: ArrayLike<number>;
}

/** Lays out a study: pictures made small, regions of each sentence by the word list, findings compared. */
export async function studyView(
  study: ShownStudy,
  model: Pick<ModelConfig, 'grid' | 'regions'>,
): Promise<StudyView> {
  const set = regionSetOf(model);
  const { id, sentences, confidence, scores, notes, warnings, masks, probabilities } = study;
  const reference = study.reference === undefined ? null : readableSentences(study.reference);
  const compared = compareFindings(sentences, reference);
  const regions = annotatorFor(set).annotate(sentences);
  const odd = new Set(findContradictions(sentences).flatMap(({ affirmed, denied }) => [affirmed, denied]));
  return {
    id,
    pictures: await Promise.all(
      study.pictures.map((picture, i) => pictureView(picture, i, study.kinds?.[i])),
    ),
    sentences: sentences.map((text, i) => ({
      text,
      regions: regions[i],
      marks: compared.generated[i],
      contradicted: odd.has(i),
      ...confidence?.sentences[i],
    })),
    reference: reference?.map((text, i) => ({ text, marks: compared.reference[i] })) ?? null,
    findings: compared.findings,
    ...(confidence?.findings && {
      head: { findings: confidence.findings, calibrated: confidence.calibrated.findings },
    }),
    scores,
    notes,
    warnings,
    masks,
    probabilities,
    grid: model.grid,
    regions: set.names,
  };
}

async function pictureView(image: RasterImage, place: number, kind?: ViewKind): Promise<PictureView> {
  const small = shrink(image, SIDE);
  const bytes = Buffer.from(await encodeJpeg(small));
  return {
    name: viewName(place, kind),
    src: `data:image/jpeg;base64,${bytes.toString('base64')}`,
    width: small.width,
    height: small.height,
    sides: hasSides(place, kind),
  };
}
