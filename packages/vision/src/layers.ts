import type { Random, VisionBackbone } from '@raca/core';
import { axes, kindsOf, type LayerOptions, ModuleLayer, patchFeatures, type Shell } from '@raca/core/layers';
import * as tf from '@tensorflow/tfjs-core';
import { featureGradient } from './layers/feature-gradient';
import { resnetSpec } from './resnet/architecture';
import { type ResnetConfig, resnet, resnetSchema } from './resnet/resnet';
import { type SmallCnnConfig, smallCnn, smallCnnSchema, strideOf } from './small-cnn';
import { extractPictures } from './views';
import {
  type VisualTransformerConfig,
  type VisualTransformerEncoder,
  visualTransformer,
  visualTransformerSchema,
} from './visual-transformer';

/**
 * A backbone as a layer; see {@link SmallCnnLayer}.
 * @param sizeOf width of its features, and pixels of a patch's side
 */
const backboneShell = <C>(
  schema: { parse(config: unknown): C },
  make: (config: C, random: Random) => VisionBackbone,
  sizeOf: (config: C) => { readonly width: number; readonly stride: number },
): Shell<C, VisionBackbone> => ({
  schema,
  make,
  inputs: () => [axes(5, { 4: 3 }), axes(2)],
  required: 1,
  outputShape([[b, ...pixels]], config) {
    const { width, stride } = sizeOf(config);
    const [v, rows, cols] = pixels.map((n, i) => n && (i === 0 ? n : Math.ceil(n / stride)));
    return [b, v && rows && cols && v * rows * cols, width];
  },
  run(backbone, [images, present], pass) {
    const [b, v] = images.shape;
    return extractPictures(backbone, images as tf.Tensor5D, kindsOf(b, v!, present), pass).patches;
  },
});

/**
 * {@link smallCnn} as a layer: images `[b, v, H, W, 3]` and perhaps presence of pictures `[b, v]` → features
 * `[b, p, d_v]`, 0 where there is no picture. Before a {@link VisualTransformerLayer}.
 */
export class SmallCnnLayer extends ModuleLayer<VisionBackbone> {
  static readonly className = 'RacaSmallCnn';
  constructor(options: LayerOptions<SmallCnnConfig> = {}) {
    const sizeOf = (config: ReturnType<typeof smallCnnSchema.parse>) => ({
      width: config.channels[config.channels.length - 1],
      stride: strideOf(config),
    });
    super(options, backboneShell(smallCnnSchema, smallCnn, sizeOf));
  }
}
tf.serialization.registerClass(SmallCnnLayer);

/** {@link resnet} as a layer; in and out as {@link SmallCnnLayer}. `loadTorchvision` takes its `module`. */
export class ResnetLayer extends ModuleLayer<VisionBackbone> {
  static readonly className = 'RacaResnet';
  constructor(options: LayerOptions<ResnetConfig> = {}) {
    const sizeOf = ({ depth }: ReturnType<typeof resnetSchema.parse>) => ({
      width: resnetSpec(depth).width,
      stride: 32,
    });
    super(options, backboneShell(resnetSchema, resnet, sizeOf));
  }
}
tf.serialization.registerClass(ResnetLayer);

const ENCODER: Shell<ReturnType<typeof visualTransformerSchema.parse>, VisualTransformerEncoder> = {
  schema: visualTransformerSchema,
  make: (config, random) => visualTransformer(config, random, featureGradient(config.inputWidth)),
  inputs: ({ inputWidth }) => [axes(3, { 2: inputWidth }), axes(2)],
  required: 1,
  outputShape([features, present], { width }) {
    const [b, p] = features;
    return present
      ? [
          [b, p, width],
          [b, p],
        ]
      : [b, p, width];
  },
  run(encoder, [features, there], pass, { grid: size }) {
    const { patches: stored, grid, kinds } = patchFeatures(features, there, size);
    const input = { features: { patches: stored, grid } };
    const { patches, present } = encoder.encode({ input, kinds }, pass);
    return there ? [patches, present ?? tf.ones(patches.shape.slice(0, 2))] : patches;
  },
};

/**
 * {@link visualTransformer} as a layer: features `[b, p, d_v]`, of a backbone's layer or any other, and perhaps presence
 * of pictures `[b, v]` → patches `[b, p, d]`; with presence `[patches, presence of patches [b, p]]`, for the layers that
 * follow. `grid` says how many rows and columns a view has.
 */
export class VisualTransformerLayer extends ModuleLayer<VisualTransformerEncoder> {
  static readonly className = 'RacaVisualTransformer';
  constructor(options: LayerOptions<VisualTransformerConfig> = {}) {
    super(options, ENCODER);
  }
}
tf.serialization.registerClass(VisualTransformerLayer);
