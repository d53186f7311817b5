import type {
  Alignment,
  LossInput,
  ModuleInfo,
  NamedParameters,
  Pass,
  PatchFeatures,
  Random,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import { version } from '../../package.json';
import { type ContrastiveAlignment, contrastiveAlignment } from '../contrastive-alignment';
import { meanOfPatches } from '../pooling';
import { wordsOf } from '../words';
import { type MultiViewAlignmentConfig, multiViewAlignmentConfigSchema } from './config';
import { multiPositiveLoss, ofSameStudy, otherViews } from './multi-positive';
import { wordLoss } from './word-loss';

class MultiViewAlignment implements Alignment {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  private readonly config: z.output<typeof multiViewAlignmentConfigSchema>;
  /** Text encoder and projection are those of RACA's alignment; the losses are not. */
  private readonly text: ContrastiveAlignment;

  constructor(config: MultiViewAlignmentConfig, random: Random) {
    this.config = multiViewAlignmentConfigSchema.parse(config);
    const { temperature, images, views, words, ...sizes } = this.config;
    this.text = contrastiveAlignment(sizes, random);
    this.parameters = this.text.parameters;
    this.info = { package: '@raca/alignment', version, name: 'multiViewAlignment', config: this.config };
  }

  losses(input: LossInput, pass: Pass): Record<string, tf.Scalar> {
    const { temperature, images, views, words } = this.config;
    return tf.tidy(() => {
      const { reports, tokens } = this.text.encodeText(input, pass);
      const [texts, pictures] = [reports, viewMeans(input.features)].map((x) => this.text.compared(x));
      const ofReports = input.tokens.shape[0];
      const studies = Array.from({ length: ofReports }, (_, i) => input.study?.ids?.[i] ?? `#${i}`);
      const ofPictures = studiesOfPictures(input.features, studies);
      const shown = images === 'first' ? firstOnly(input.features, ofPictures) : ofPictures;
      const losses: Record<string, tf.Scalar> = {
        reports: tf.div(
          tf.add(
            multiPositiveLoss(pictures, texts, ofSameStudy(shown, studies), temperature),
            multiPositiveLoss(texts, pictures, ofSameStudy(studies, shown), temperature),
          ),
          2,
        ),
      };
      if (views) losses.views = multiPositiveLoss(pictures, pictures, otherViews(ofPictures), temperature);
      if (words) {
        const { patches, present } = input.features;
        const options = { temperature, present, words: wordsOf(input.tokens) };
        losses.words = wordLoss(this.text.compared(tokens), this.text.compared(patches), options);
      }
      return losses;
    });
  }

  similarity(input: LossInput): tf.Tensor3D {
    return this.text.similarity(input);
  }

  dispose(): void {
    this.text.dispose();
  }
}

/** The mean patch of every slot: `[b·v, d]`. */
function viewMeans({ patches, grid, present }: PatchFeatures): tf.Tensor2D {
  const [b, p, d] = patches.shape;
  const n = p / grid.views;
  const byView = tf.reshape(patches, [b * grid.views, n, d]) as tf.Tensor3D;
  return meanOfPatches(byView, present && (tf.reshape(present, [b * grid.views, n]) as tf.Tensor2D));
}

/** The study of every slot, `[b·v]`; null: the slot is empty. */
const studiesOfPictures = ({ kinds }: PatchFeatures, studies: readonly string[]): (string | null)[] =>
  kinds.flatMap((row, i) => row.map((kind) => (kind === null ? null : studies[i])));

/** Only the first picture of each row of slots. */
function firstOnly({ grid: { views } }: PatchFeatures, pictures: readonly (string | null)[]) {
  const isFirst = (slot: number): boolean =>
    pictures.slice(slot - (slot % views), slot).every((study) => study === null);
  return pictures.map((study, slot) => (isFirst(slot) ? study : null));
}

/**
 * Contrast over views and studies, after MLRG's first stage: every picture has to find the report of its study and every
 * report the pictures of its own (`reports`), and pictures of a study each other (`views`); `words` is SEI's loss. A study
 * that is in a batch twice, by its id, is one study. Earlier studies take no part. Pictures are mean patches of the
 * visual encoder, and one linear map compares all; MLRG has encoders and heads of its own, and reads facts instead of reports.
 *
 * @throws ZodError if the config is not valid
 * @see MLRG, arXiv:2502.20056; SEI, arXiv:2405.14905
 */
export const multiViewAlignment = (config: MultiViewAlignmentConfig, random: Random): Alignment =>
  new MultiViewAlignment(config, random);
