import type { Alignment, LossInput, ModuleInfo, NamedParameters, Pass, Random } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import { version } from '../../package.json';
import { type ContrastiveAlignment, contrastiveAlignment } from '../contrastive-alignment';
import { symmetricInfoNce } from '../losses';
import { meanOfPatches, meanOfSelected } from '../pooling';
import { batchSpans } from '../sentences';
import { type TripletAlignmentConfig, tripletAlignmentConfigSchema } from './config';
import { sentenceTriplets, type Triplets } from './sentence-triplets';

class TripletAlignment implements Alignment {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  private readonly config: z.output<typeof tripletAlignmentConfigSchema>;
  /** Text encoder and projection are those of RACA's alignment; the losses are not. */
  private readonly text: ContrastiveAlignment;

  constructor(config: TripletAlignmentConfig, random: Random) {
    this.config = tripletAlignmentConfigSchema.parse(config);
    const { temperature, margin, ...sizes } = this.config;
    this.text = contrastiveAlignment(sizes, random);
    this.parameters = this.text.parameters;
    this.info = { package: '@raca/alignment', version, name: 'tripletAlignment', config: this.config };
  }

  losses(input: LossInput, pass: Pass): Record<string, tf.Scalar> {
    return tf.tidy(() => {
      const { reports, sentences } = this.text.encodeText(input, pass);
      const spans = batchSpans(input.tokens, input.separator, 'raca');
      const random = pass.training ? pass.random : null;
      const triplets = sentenceTriplets(spans, input.sentenceRegions, (n) => random?.int(n) ?? 0);
      return {
        contrastive: symmetricInfoNce(
          this.text.compared(reports),
          this.text.compared(spokenOf(input)),
          this.config.temperature,
        ),
        triplet: tripletLoss(this.text.compared(sentences), triplets, this.config.margin),
      };
    });
  }

  similarity(input: LossInput): tf.Tensor3D {
    return this.text.similarity(input);
  }

  dispose(): void {
    this.text.dispose();
  }
}

/**
 * Mean over anchors of max(0, margin − cos(anchor, positive) + cos(anchor, negative)); 0 without triplets.
 *
 * @param sentences unit vectors `[b, s, d]`
 * @see Schroff et al. 2015, arXiv:1503.03832
 */
export function tripletLoss(
  sentences: tf.Tensor3D,
  { anchors, positives, negatives }: Triplets,
  margin: number,
): tf.Scalar {
  if (anchors.length === 0) return tf.scalar(0);
  const rows = tf.reshape(sentences, [-1, sentences.shape[2]]);
  const pick = (ids: Int32Array): tf.Tensor => tf.gather(rows, tf.tensor1d(ids, 'int32'));
  const nearer = tf.sub(pick(negatives), pick(positives));
  return tf.mean(tf.relu(tf.add(tf.sum(tf.mul(pick(anchors), nearer), 1), margin))) as tf.Scalar;
}

/**
 * What a report speaks of in its image, `[b, d]`: the mean, over the regions that its sentences name, of each region's
 * mean patch; over all regions where it names none, and the mean patch without masks.
 */
function spokenOf({ features: { patches, present }, masks, sentenceRegions }: LossInput): tf.Tensor2D {
  if (!masks) return meanOfPatches(patches, present);
  const [b, r] = masks.shape;
  const weights = new Float32Array(b * r);
  for (let i = 0; i < b; i++) {
    const named = new Set(sentenceRegions[i].flat());
    const counted = named.size > 0 ? [...named] : Array.from({ length: r }, (_, k) => k);
    for (const region of counted) {
      if (!Number.isInteger(region) || region < 0 || region >= r) {
        throw new RangeError(`alignment: regions must be in [0, ${r}), got ${region} (study ${i})`);
      }
      weights[i * r + region] = 1 / counted.length;
    }
  }
  const regions = meanOfSelected(patches, masks, present); // [b, r, d]
  return tf.reshape(tf.matMul(tf.tensor3d(weights, [b, 1, r]), regions), [b, -1]);
}

/**
 * Contrast of reports and images by cosine, and triplets of sentences, after FITA's contrastive aligner and text refiner.
 * FITA finds the places of symptoms with saliency maps and triplets with symptom labels of another network; here region
 * masks stand for the maps and the regions that sentences name for the labels. So sentences about one region are drawn
 * together whatever they say of it.
 *
 * @throws ZodError if the config is not valid
 * @see Yang et al. 2024, "FITA: Fine-grained Image-Text Aligner for Radiology Report Generation", arXiv:2405.00962
 */
export const tripletAlignment = (config: TripletAlignmentConfig, random: Random): Alignment =>
  new TripletAlignment(config, random);
