import {
  applyTransformerEncoder,
  disposeParameters,
  embedding,
  type Fusion,
  type FusionInput,
  glorotUniform,
  LARGEST,
  type LossInput,
  type Memory,
  type ModuleInfo,
  type NamedParameters,
  onlyPresent,
  Parameters,
  type Pass,
  partOf,
  presenceBias,
  type Random,
  type TransformerEncoder,
  transformerEncoder,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { version } from '../../package.json';
import { checkFused } from '../masks';
import { HEADS_DIVIDE, headsDivide, transformerFields } from '../transformer-fields';
import { orthogonalLoss } from './orthogonal-loss';

/** Options of {@link expertTokens}. */
export const expertTokensConfigSchema = transformerFields
  .extend({
    experts: z
      .int()
      .positive()
      .max(LARGEST.regions)
      .default(6)
      .describe('M, learned tokens that read the patches along with them.'),
    orthogonal: z
      .enum(['outputs', 'tokens'])
      .default('outputs')
      .describe(
        'What the loss `experts` keeps apart: `outputs`, what the Transformer makes of the tokens in each study; `tokens`, the learned ' +
          'tokens themselves.',
      ),
  })
  .refine(headsDivide, HEADS_DIVIDE);

/** Config of {@link expertTokens}; every field has a default. */
export type ExpertTokensConfig = z.input<typeof expertTokensConfigSchema>;

class ExpertTokens implements Fusion {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  private readonly config: z.output<typeof expertTokensConfigSchema>;
  private readonly tokens: tf.Variable;
  private readonly encoder: TransformerEncoder;

  constructor(config: ExpertTokensConfig, random: Random) {
    this.config = expertTokensConfigSchema.parse(config);
    const { width: d, experts } = this.config;
    const p = Parameters.create(random);
    this.tokens = embedding(p.scope('experts'), experts, d);
    this.encoder = transformerEncoder(p.scope('encoder'), this.config, glorotUniform);
    this.parameters = p.all;
    this.info = { package: '@raca/bca', version, name: 'expertTokens', config: this.config };
  }

  fuse(input: FusionInput, pass: Pass): Memory {
    checkFused('expertTokens', input, this.config.width, null);
    const { patches, present } = input.features;
    const [b, p, d] = patches.shape;
    const m = this.config.experts;
    const there = present && tf.tidy(() => tf.concat([present, tf.ones([b, m])], 1) as tf.Tensor2D);
    const tokens = tf.tidy(() => {
      const experts = tf.tile(tf.reshape(this.tokens, [1, m, d]), [b, 1, 1]);
      const all = tf.concat([onlyPresent(patches, present, 1), experts], 1) as tf.Tensor3D;
      return onlyPresent(applyTransformerEncoder(this.encoder, all, presenceBias(there), pass), there, 1);
    });
    const parts = [
      { name: 'patches', from: 0, to: p },
      { name: 'experts', from: p, to: p + m },
    ];
    return { tokens, present: there, parts };
  }

  losses({ memory }: LossInput): Record<string, tf.Scalar> {
    if (this.config.orthogonal === 'tokens') {
      const tokens = this.tokens as unknown as tf.Tensor2D;
      return { experts: tf.tidy(() => orthogonalLoss(tf.expandDims(tokens, 0))) };
    }
    const experts = memory && partOf(memory, 'experts');
    if (!experts) return {};
    const [from, to] = experts;
    const own = () => tf.slice(memory.tokens, [0, from, 0], [-1, to - from, -1]);
    return { experts: tf.tidy(() => orthogonalLoss(own())) };
  }

  dispose(): void {
    disposeParameters(this.parameters);
  }
}

/**
 * M learned expert tokens that go through a Transformer with the patches, for the decoder to read behind them, and a loss that
 * keeps them apart: after METransformer, from its abstract. Attention here is that of an ordinary Transformer, where
 * METransformer's is bilinear; its vote among reports of the experts is not here. With `vision.config.layers: 0` this is
 * the only encoder, as there.
 *
 * @param random stream for the initial weights
 * @throws ZodError for a config that does not fit; fuse throws RangeError for shapes that do not
 * @see Wang et al. 2023, "METransformer: Radiology Report Generation by Transformer with Multiple Learnable Expert Tokens",
 *   arXiv:2304.02211
 */
export const expertTokens = (config: ExpertTokensConfig, random: Random): Fusion =>
  new ExpertTokens(config, random);
