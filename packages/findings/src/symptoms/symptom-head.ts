import {
  applyLinear,
  disposeParameters,
  type FindingHead,
  type FindingInput,
  type FindingReading,
  joinMemories,
  type Linear,
  type LossInput,
  linear,
  type ModuleInfo,
  memoryPart,
  type NamedParameters,
  normal,
  onlyPresent,
  Parameters,
  type Random,
  softmax,
  zeros,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import { version } from '../../package.json';
import { checkRead } from '../checks';
import { STATES } from '../classifier';
import { findingLoss } from '../finding-loss';
import { statesByName } from '../labels';
import { tidyReading } from '../tidy-reading';
import { type SymptomHeadConfig, symptomHeadConfigSchema } from './config';
import { refineBySaliency, type SaliencyAttention, saliencyAttention } from './saliency-attention';

const WHO = 'symptomHead';

class SymptomHead implements FindingHead {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  readonly findings: readonly string[];
  private readonly options: z.output<typeof symptomHeadConfigSchema>;
  /** C `[n, d]` */
  private readonly symptoms: tf.Variable;
  /** How much each symptom belongs to each region, before the softmax over regions `[n, r]`; null: no saliency. */
  private readonly belonging: tf.Variable | null;
  private readonly refine: SaliencyAttention;
  /** d → c·s */
  private readonly classes: Linear;

  constructor(config: SymptomHeadConfig, random: Random) {
    this.options = symptomHeadConfigSchema.parse(config);
    const { width: d, symptoms: n, regions: r, findings, saliency } = this.options;
    const p = Parameters.create(random);
    this.symptoms = p.scope('symptoms').add('weight', [n, d], normal(1));
    this.belonging = saliency === 'none' ? null : p.scope('symptoms').add('regions', [n, r], zeros);
    this.refine = saliencyAttention(p.scope('refine'), d);
    this.classes = linear(p.scope('classes'), d, findings.length * STATES);
    this.findings = findings;
    this.parameters = p.all;
    this.info = { package: '@raca/findings', version, name: WHO, config: this.options };
  }

  read(input: FindingInput): FindingReading {
    checkRead(WHO, input, this.options);
    const { features, masks, memory } = input;
    const { patches, present } = features;
    return tidyReading(() => {
      const [b, , d] = patches.shape;
      const n = this.options.symptoms;
      const symptoms = tf.tile(tf.reshape(this.symptoms, [1, n, d]), [b, 1, 1]) as tf.Tensor3D;
      const there = onlyPresent(patches, present, 1);
      const refined = refineBySaliency(this.refine, symptoms, there, this.saliency(masks), present);
      const logits = tf.reshape(applyLinear(this.classes, tf.mean(refined, 1)), [b, -1, STATES]);
      return {
        logits: logits as tf.Tensor3D,
        memory: joinMemories([memory, memoryPart('symptoms', refined)]),
      };
    });
  }

  losses({ reading, labels }: LossInput): Record<string, tf.Scalar> {
    if (!reading || !labels) return {};
    const { logits } = reading;
    const states = statesByName(labels, this.findings, logits.shape[0]);
    const { loss } = this.options;
    return { findings: tf.tidy(() => findingLoss(logits, states, { loss, weights: null, prior: null })) };
  }

  dispose(): void {
    disposeParameters(this.parameters);
  }

  /** Σ_k A_nk mask_k, A the softmax of what belongs where: `[b, n, p]`. */
  private saliency(masks: tf.Tensor3D): tf.Tensor3D | null {
    if (!this.belonging) return null;
    const [b, r, p] = masks.shape;
    const shares = softmax(this.belonging as unknown as tf.Tensor2D);
    // regions first and patches of all studies together: no matrix is broadcast, whose gradient would be wrong
    const byRegion = tf.reshape(tf.transpose(masks, [1, 0, 2]), [r, b * p]) as tf.Tensor2D;
    return tf.transpose(tf.reshape(tf.matMul(shares, byRegion), [-1, b, p]), [1, 0, 2]) as tf.Tensor3D;
  }
}

/**
 * Learned symptoms that look at the patches where they are salient, tell the decoder what they saw, and classify the study:
 * after FITA's image refiner, with the regions' masks as saliency instead of maps of a classifier's gradient. The decoder
 * reads the refined symptoms as the part `symptoms` of the memory. The loss is named `findings`; there is none where a batch
 * has no labels.
 *
 * @param random stream for the initial weights
 * @throws ZodError for a config that does not fit; `read` RangeError for shapes that do not, `losses` Error for labels that lack
 *   a finding
 * @see Yang et al. 2024, "FITA: Fine-grained Image-Text Aligner for Radiology Report Generation", arXiv:2405.00962
 */
export const symptomHead = (config: SymptomHeadConfig, random: Random): FindingHead =>
  new SymptomHead(config, random);
