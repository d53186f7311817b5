import {
  type Alignment,
  applyLinear,
  disposeParameters,
  type FindingLabels,
  type Linear,
  type LossInput,
  linear,
  type ModuleInfo,
  type NamedParameters,
  Parameters,
  type Pass,
  type Random,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import { version } from '../../package.json';
import { type ContrastiveAlignment, contrastiveAlignment } from '../contrastive-alignment';
import { symmetricInfoNce } from '../losses';
import { meanOfPatches } from '../pooling';
import { wordsOf } from '../words';
import { type FitaAlignmentConfig, fitaAlignmentConfigSchema } from './config';
import { binaryLabels, distanceTripletLoss, labelLoss, labelTriplets } from './label-triplets';

class FitaAlignment implements Alignment {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  private readonly config: z.output<typeof fitaAlignmentConfigSchema>;
  /** Text encoder and projection are those of RACA's alignment; the losses are not. */
  private readonly text: ContrastiveAlignment;
  /** d → c */
  private readonly classes: Linear;

  constructor(config: FitaAlignmentConfig, random: Random) {
    this.config = fitaAlignmentConfigSchema.parse(config);
    const { temperature, labels, margin, ...sizes } = this.config;
    this.text = contrastiveAlignment(sizes, random);
    const p = Parameters.create(random);
    this.classes = linear(p.scope('classes'), sizes.width, labels);
    this.parameters = new Map([...this.text.parameters, ...p.all]);
    this.info = { package: '@raca/alignment', version, name: 'fitaAlignment', config: this.config };
  }

  losses(input: LossInput, pass: Pass): Record<string, tf.Scalar> {
    return tf.tidy(() => {
      const { tokens } = this.text.encodeText(input, pass);
      const { patches, present } = input.features;
      const words = meanOfPatches(tokens, wordsOf(input.tokens));
      const [texts, images] = [words, meanOfPatches(patches, present)].map((x) => this.text.compared(x));
      const contrastive = symmetricInfoNce(texts, images, this.config.temperature);
      return input.labels ? { contrastive, ...this.ofLabels(words, input.labels, pass) } : { contrastive };
    });
  }

  similarity(input: LossInput): tf.Tensor3D {
    return this.text.similarity(input);
  }

  dispose(): void {
    this.text.dispose();
    disposeParameters(this.parameters);
  }

  /** @param reports `[b, d]` */
  private ofLabels(reports: tf.Tensor2D, labels: FindingLabels, pass: Pass): Record<string, tf.Scalar> {
    const b = reports.shape[0];
    if (labels.names.length !== this.config.labels || labels.states.length !== b * labels.names.length) {
      throw new RangeError(
        `fitaAlignment: expected states of ${b} × ${this.config.labels} labels, got ${labels.states.length} of ` +
          `${labels.names.length} labels`,
      );
    }
    const truth = binaryLabels(labels);
    const logits = applyLinear(this.classes, reports);
    const random = pass.training ? pass.random : null;
    const { anchors, positives, negatives } = labelTriplets(truth, b, (n) => random?.int(n) ?? 0);
    const said = tf.sigmoid(logits);
    const of = (rows: Int32Array) => tf.gather(said, tf.tensor1d(rows, 'int32'));
    const { margin } = this.config;
    const triplet =
      anchors.length === 0
        ? tf.scalar(0)
        : distanceTripletLoss(of(anchors), of(positives), of(negatives), margin);
    return { classes: labelLoss(logits, truth), triplet };
  }
}

/**
 * FITA's aligner and text refiner in one: reports and images find each other by their mean word and mean patch
 * (`contrastive`); a report's mean word tells its findings (`classes`), and reports that agree in a finding lie nearer to each
 * other in what is told than those that do not (`triplet`). The last two need labels of the reports. FITA refines a BERT on
 * segments of reports before all else and freezes it; here the text encoder learns with the model, and whole reports are
 * compared.
 *
 * @throws ZodError if the config is not valid; `losses` RangeError for another number of labels
 * @see Yang et al. 2024, "FITA: Fine-grained Image-Text Aligner for Radiology Report Generation", arXiv:2405.00962
 */
export const fitaAlignment = (config: FitaAlignmentConfig, random: Random): Alignment =>
  new FitaAlignment(config, random);
