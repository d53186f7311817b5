import type { Fusion } from '@raca/core';
import {
  axes,
  type LayerOptions,
  ModuleLayer,
  type OwnOptions,
  patchFeatures,
  type Shell,
} from '@raca/core/layers';
import * as tf from '@tensorflow/tfjs-core';
import { type BcaFusion, bca } from './bca';
import { type BcaConfig, bcaConfigSchema } from './config';
import { type GatedSumConfig, gatedSum, gatedSumConfigSchema } from './gated-sum';
import { meanFusion, meanFusionConfigSchema } from './mean-fusion';
import {
  type SelfAttentionFusionConfig,
  selfAttentionFusion,
  selfAttentionFusionConfigSchema,
} from './self-attention-fusion';

/**
 * A fusion as a layer: patches `[b, p, d]`, masks `[b, r, p]` of 0 and 1, and perhaps presence `[b, p]` in; fused
 * patches `[b, p, d]` out.
 */
const fusionShell = <C extends { readonly width?: number; readonly regions?: number }, F extends Fusion>({
  schema,
  make,
}: Pick<Shell<C, F>, 'schema' | 'make'>): Shell<C, F> => ({
  schema,
  make,
  inputs: ({ width, regions }) => [
    axes(3, width ? { 2: width } : {}),
    axes(3, regions ? { 1: regions } : {}),
    axes(2),
  ],
  required: 2,
  outputShape: ([patches]) => patches,
  run: (fusion, [patches, masks, present], pass) => {
    const features = patchFeatures(patches, present);
    return fusion.fuse({ features, masks: masks as tf.Tensor3D, context: null }, pass).tokens;
  },
});

/** {@link bca} as a layer: patches `[b, p, d]`, masks `[b, r, p]`, perhaps presence `[b, p]` → `[b, p, d]`. */
export class BcaLayer extends ModuleLayer<BcaFusion> {
  static readonly className = 'RacaBca';
  constructor(options: LayerOptions<BcaConfig> = {}) {
    super(options, fusionShell({ schema: bcaConfigSchema, make: bca }));
  }
}
tf.serialization.registerClass(BcaLayer);

/** {@link gatedSum} as a layer; in and out as {@link BcaLayer}. */
export class GatedSumLayer extends ModuleLayer<Fusion> {
  static readonly className = 'RacaGatedSum';
  constructor(options: LayerOptions<GatedSumConfig> = {}) {
    super(options, fusionShell({ schema: gatedSumConfigSchema, make: gatedSum }));
  }
}
tf.serialization.registerClass(GatedSumLayer);

/** {@link meanFusion} as a layer; in and out as {@link BcaLayer}. */
export class MeanFusionLayer extends ModuleLayer<Fusion> {
  static readonly className = 'RacaMeanFusion';
  constructor(options: OwnOptions = {}) {
    super(options, fusionShell({ schema: meanFusionConfigSchema, make: () => meanFusion() }));
  }
}
tf.serialization.registerClass(MeanFusionLayer);

/** {@link selfAttentionFusion} as a layer; in and out as {@link BcaLayer}. */
export class SelfAttentionFusionLayer extends ModuleLayer<Fusion> {
  static readonly className = 'RacaSelfAttentionFusion';
  constructor(options: LayerOptions<SelfAttentionFusionConfig> = {}) {
    super(options, fusionShell({ schema: selfAttentionFusionConfigSchema, make: selfAttentionFusion }));
  }
}
tf.serialization.registerClass(SelfAttentionFusionLayer);
