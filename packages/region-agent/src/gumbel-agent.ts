import {
  type AgentInput,
  type DifferentiableRegionAgent,
  LARGEST,
  type ModuleInfo,
  type NamedParameters,
  onlyPresent,
  type Pass,
  type PatchFeatures,
  type Random,
  type RegionMasks,
  type RelaxedRegions,
  VIEW_KINDS,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { version } from '../package.json';
import { type PatchPolicy, type PolicyInput, patchPolicy } from './patch-policy';
import { countOf, presenceOf } from './presence';
import { ByKinds, joined, kindsOf } from './prior/kinds';
import { type Prior, priorFor } from './prior/prior-for';
import { byRegion } from './region-masks';
import { regionsOf, regionsOption } from './region-set';
import { straightThrough } from './straight-through';

/** Options of {@link gumbelAgent}. */
export const gumbelAgentConfigSchema = z.strictObject({
  regions: regionsOption,
  estimator: z
    .enum(['straight-through', 'gumbel'])
    .default('gumbel')
    .describe(
      'Where the gradient of a sampled 0 or 1 comes from. `straight-through`: from the probability (Bengio et al. 2013). ' +
        '`gumbel`: from a binary concrete variable at `temperature`, whose rounding is the sample (Maddison et al. 2017).',
    ),
  temperature: z
    .number()
    .positive()
    .default(0.67)
    .describe('Of the concrete variable: lower is closer to 0 and 1, with gradients that vary more.'),
  width: z.int().positive().max(LARGEST.width).default(512).describe('d, width of the patches.'),
  views: z
    .array(z.enum(VIEW_KINDS))
    .min(1)
    .max(LARGEST.views)
    .default(['frontal', 'lateral'])
    .describe(
      'What each view of a study shows, where the study does not say; `unknown` and `other` views have no prior.',
    ),
  hidden: z
    .int()
    .positive()
    .max(LARGEST.width)
    .default(64)
    .describe('Width of the hidden layers and of the region embeddings.'),
  positions: z
    .boolean()
    .default(true)
    .describe('Whether the network is told where a patch lies in its view.'),
  positionJitter: z
    .number()
    .min(0)
    .max(1)
    .default(0.15)
    .describe('Largest random shift of that position in training; 1 is half a view.'),
  priorWeight: z
    .number()
    .nonnegative()
    .default(1)
    .describe(
      'Weight of the cross-entropy between probabilities and prior; 0: the masks serve the other losses alone.',
    ),
});

/** Config of {@link gumbelAgent}; every field has a default. */
export type GumbelAgentConfig = z.input<typeof gumbelAgentConfigSchema>;

class GumbelAgent implements DifferentiableRegionAgent {
  readonly info: ModuleInfo;
  readonly reads = 'features';
  readonly parameters: NamedParameters;
  private readonly config: z.output<typeof gumbelAgentConfigSchema>;
  private readonly policy: PatchPolicy;
  private readonly priors = new ByKinds<Prior>((grid, kinds) =>
    priorFor(grid, kinds, 'raca', regionsOf(this.config)),
  );

  constructor(config: GumbelAgentConfig, random: Random) {
    this.config = gumbelAgentConfigSchema.parse(config);
    this.info = { package: '@raca/region-agent', version, name: 'gumbelAgent', config: this.config };
    this.policy = patchPolicy(
      { ...this.config, regions: regionsOf(this.config).names.length, views: this.config.views.length },
      random,
    );
    // No rewards, no critic.
    this.parameters = new Map([...this.policy.parameters].filter(([name]) => name.startsWith('actor.')));
  }

  locate({ features }: AgentInput): RegionMasks {
    return this.withInput(features, null, (input) => {
      const [b] = features.patches.shape;
      const chances = byRegion(tf.sigmoid(this.policy.logits(input)), b);
      const probabilities = onlyPresent(chances, features.present, 2);
      return { masks: straightThrough(probabilities, 0.5), probabilities };
    });
  }

  relax({ features }: AgentInput, pass: Pass): RelaxedRegions {
    const { patches, present } = features;
    return this.withInput(features, pass.training ? pass.random : null, (input) => {
      const logits = byRegion(this.policy.logits(input), patches.shape[0]);
      const probabilities = onlyPresent(tf.sigmoid(logits), present, 2);
      return {
        masks: pass.training
          ? onlyPresent(this.sampled(logits, probabilities, presenceOf(features), pass.random), present, 2)
          : straightThrough(probabilities, 0.5),
        probabilities,
        losses: this.priorLosses(logits, features),
      };
    });
  }

  dispose(): void {
    this.policy.dispose();
  }

  /** Masks of 0 and 1, each 1 with its probability. @param present no draw where 0, so that others keep theirs */
  private sampled(
    logits: tf.Tensor3D,
    probabilities: tf.Tensor3D,
    present: Float32Array | null,
    random: Random,
  ): tf.Tensor3D {
    const [, r, p] = logits.shape;
    const uniform = Float32Array.from({ length: logits.size }, (_, i) =>
      present && !present[Math.floor(i / (r * p)) * p + (i % p)] ? 0.5 : random.uniform(1e-6, 1 - 1e-6),
    );
    if (this.config.estimator === 'straight-through') {
      return straightThrough(probabilities, tf.tensor3d(uniform, logits.shape));
    }
    const noise = tf.tensor3d(
      uniform.map((u) => Math.log(u / (1 - u))),
      logits.shape,
    );
    const relaxed = tf.sigmoid(tf.div(tf.add(logits, noise), this.config.temperature)) as tf.Tensor3D;
    return straightThrough(relaxed, 0.5);
  }

  /** Mean cross-entropy of the probabilities and the prior over the views that have one, weighted. */
  private priorLosses(logits: tf.Tensor3D, { grid, kinds }: PatchFeatures): Record<string, tf.Scalar> {
    const { priorWeight, views } = this.config;
    if (priorWeight === 0) return {};
    const [b, r, p] = logits.shape;
    const priors = this.priors.of(grid, kindsOf('gumbelAgent', kinds, [b, grid.views], views));
    const n = priors.length; // 1 where all studies show the same views
    const knownPatches = joined(priors.map(({ known }) => known));
    const count = countOf(knownPatches, n * p) * (b / n);
    if (count === 0) return {};
    const masks = tf.tensor3d(joined(priors.map((prior) => prior.masks)), [n, r, p]);
    // −m ln σ(z) − (1 − m) ln σ(−z) = softplus(z) − m z
    const each = tf.sub(tf.softplus(logits), tf.mul(masks, logits));
    const known = tf.mul(each, tf.tensor3d(knownPatches, [n, 1, p]));
    return { agentPrior: tf.mul(tf.sum(known), priorWeight / (r * count)) as tf.Scalar };
  }

  /**
   * Runs `use` on the policy's input, made of values alone: no gradient flows to the features.
   * @param random of a training pass, else null
   */
  private withInput<T extends tf.TensorContainer>(
    { patches, grid, present }: PatchFeatures,
    random: Random | null,
    use: (input: PolicyInput) => T,
  ): T {
    return tf.tidy(() => {
      const values = tf.tensor3d(patches.dataSync() as Float32Array, patches.shape);
      return use(this.policy.prepare({ patches: values, grid, present }, random));
    });
  }
}

/**
 * Region masks learnt by gradient: the network of the PPO agent ({@link patchPolicy}), whose sampled masks carry an
 * estimate of the gradient back to it. The losses of the whole model train it, so what reads masks must let the gradient
 * through: alignment and the mean, gated and self-attention fusions do, bidirectional cross-attention with
 * `maskGradient`.
 *
 * @throws ZodError if the config is not valid
 * @see straight-through: Bengio et al. 2013, arXiv:1308.3432; binary concrete: Maddison et al. 2017, arXiv:1611.00712,
 *   Jang et al. 2017, arXiv:1611.01144
 */
export const gumbelAgent = (config: GumbelAgentConfig, random: Random): DifferentiableRegionAgent =>
  new GumbelAgent(config, random);
