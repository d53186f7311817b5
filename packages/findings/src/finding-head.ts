import {
  assignValues,
  constant,
  disposeParameters,
  type FindingHead,
  type FindingInput,
  type FindingLabels,
  type FindingReading,
  type FindingScores,
  type Initializer,
  type LossInput,
  type ModuleInfo,
  type NamedParameters,
  Parameters,
  type Pass,
  type Random,
  TrainedProgram,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { version } from '../package.json';
import { firstPrior, nextPrior, thresholdsFor } from './calibration';
import { checkRead } from './checks';
import { type Classifier, classifier, classify, looks, STATES } from './classifier';
import {
  type FindingHeadConfig,
  type FindingHeadOptions,
  findingHeadConfigSchema,
  missingFrequencies,
} from './config';
import { findingLoss, lossWeights } from './finding-loss';
import { oneHotStates, statesByName } from './labels';
import { ownStates } from './states';
import { type Telling, tellDecoder, telling } from './telling';
import { tidyReading } from './tidy-reading';

class RacaFindingHead implements FindingHead {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  readonly findings: readonly string[];
  private readonly options: FindingHeadOptions;
  private readonly classifier: Classifier;
  private readonly telling: Telling | null;
  /** π `[c]` */
  private readonly prior: tf.Variable | null;
  /** `[c]` */
  private readonly thresholds: tf.Variable | null;
  private readonly weights: Float32Array | null;
  /** Patches, masks and perhaps presence → logits. */
  private readonly program: TrainedProgram;

  constructor(config: FindingHeadConfig, random: Random) {
    this.options = findingHeadConfigSchema.parse(config);
    const { findings, adjustment, states, frequencies } = this.options;
    const [missing] = missingFrequencies(this.options);
    if (missing !== undefined)
      throw new Error(
        `frequencies: expected one of each finding, found none of ${JSON.stringify(missing)}; positiveFrequencies counts them`,
      );
    const p = Parameters.create(random);
    const learnt = (name: string, init: Initializer): tf.Variable =>
      p.add(name, [findings.length], init, false);
    this.findings = findings;
    this.classifier = classifier(p.scope('classifier'), this.options);
    this.telling = telling(p.scope('told'), this.options);
    this.prior = adjustment === 'none' ? null : learnt('prior', () => firstPrior(findings, frequencies));
    this.thresholds = states === 'thresholds' ? learnt('thresholds', constant(0.5)) : null;
    this.weights = lossWeights(this.options);
    this.parameters = p.all;
    this.info = { package: '@raca/findings', version, name: 'findingHead', config: this.options };
    this.program = new TrainedProgram(this.parameters, (tensors) => {
      const [patches, masks, present = null] = tensors as [tf.Tensor3D, tf.Tensor3D, tf.Tensor2D?];
      return classify(this.classifier, { patches, masks, present });
    });
  }

  read(input: FindingInput, pass: Pass): FindingReading {
    checkRead('findingHead', input, this.options);
    const { features, masks, memory, labels } = input;
    const { patches, present } = features;
    return tidyReading(() => {
      const logits = this.program.run([patches], [masks, ...(present ? [present] : [])]) as tf.Tensor3D;
      if (!this.telling) return { logits };
      const states = this.statesToTell(logits, pass, labels);
      const { tell } = this.options;
      const seen = tell === 'placed' ? looks(this.classifier, features) : null;
      return { logits, ...tellDecoder(this.telling, tell, states, memory, seen) };
    });
  }

  losses({ reading, labels }: LossInput): Record<string, tf.Scalar> {
    if (!reading || !labels) return {};
    const { logits } = reading;
    const states = statesByName(labels, this.findings, logits.shape[0]);
    const { loss } = this.options;
    const { weights, prior } = this;
    return { findings: tf.tidy(() => findingLoss(logits, states, { loss, weights, prior })) };
  }

  calibrate({ probabilities, labels }: FindingScores): void {
    const { findings, thresholds, prior } = this;
    if (thresholds) assignValues(thresholds, thresholdsFor(probabilities, labels, findings));
    if (prior && this.options.adjustment === 'adaptive') {
      const before = prior.dataSync() as Float32Array;
      assignValues(prior, nextPrior(probabilities, labels, findings, before));
    }
  }

  dispose(): void {
    this.program.dispose();
    disposeParameters(this.parameters);
  }

  /** `[b, c, s]`: in training the truth for a share of the studies, else the head's own opinion. */
  private statesToTell(logits: tf.Tensor3D, pass: Pass, labels: FindingLabels | undefined): tf.Tensor3D {
    const own = (): tf.Tensor3D => ownStates(logits, this.options.states, this.thresholds);
    const { gold } = this.options;
    if (!pass.training || !labels || gold === 0) return own();
    const [b, c] = logits.shape;
    const truth = tf.tensor3d(oneHotStates(statesByName(labels, this.findings, b)), [b, c, STATES]);
    const taught = Float32Array.from({ length: b }, () => (gold === 1 || pass.random.next() < gold ? 1 : 0));
    if (taught.every((x) => x === 1)) return truth;
    const share = tf.tensor3d(taught, [b, 1, 1]);
    return tf.add(tf.mul(truth, share), tf.mul(own(), tf.sub(1, share))) as tf.Tensor3D;
  }
}

/**
 * Reads the states of findings from patches and regions, learns them from labels, and tells the decoder: the true ones in
 * training, its own when a report is written. See the README for the equations. Masks get no gradient.
 *
 * The loss is named `findings`; there is none where a batch has no labels. `calibrate` sets thresholds and the adaptive π from
 * validation; both are weights that are saved but not trained.
 *
 * @param random stream for the initial weights
 * @throws ZodError for a config that does not fit; `read` RangeError for shapes that do not, and Error for labels that
 *   lack a finding
 * @see PromptMRG (Jin et al. 2024, arXiv:2308.12604)
 */
export const findingHead = (config: FindingHeadConfig, random: Random): FindingHead =>
  new RacaFindingHead(config, random);
