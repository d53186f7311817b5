import {
  applyNorm,
  disposeParameters,
  heNormal,
  LARGEST,
  type ModuleInfo,
  type NamedParameters,
  type Norm,
  norm,
  Parameters,
  type Pass,
  type PatchMap,
  type Random,
  TrainedProgram,
  type VisionBackbone,
  zeros,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { version } from '../package.json';
import type { GraphBackbone } from './graph/graph-backbone';
import { GraphBuilder, type NetworkGraph } from './graph/network-graph';
import { graphNorm } from './graph/norm';
import { joinViews, outsideTape, splitViews, tidyPatches } from './images';

/** Options of {@link smallCnn}. */
export const smallCnnSchema = z.strictObject({
  channels: z
    .array(z.int().min(1).max(LARGEST.width))
    .min(1)
    .max(LARGEST.layers)
    .default([16, 32, 64, 128])
    .describe('Output channels of the stages; each stage halves height and width.'),
  stem: z
    .union([z.literal(2), z.literal(4), z.literal(8)])
    .default(2)
    .describe(
      's: stride of the first stage; above 2 its filters are s × s and do not overlap. Later stages have stride 2.',
    ),
  inputSize: z
    .int()
    .min(1)
    .max(LARGEST.imageSize)
    .default(112)
    .describe('Height and width of the images in pixels; must be divisible by the product of all strides.'),
  residuals: z
    .int()
    .min(0)
    .max(LARGEST.layers)
    .default(1)
    .describe('Residual convolutions after the last stage.'),
  frozen: z.boolean().default(false).describe('Keep the weights as they are.'),
});
export type SmallCnnConfig = z.input<typeof smallCnnSchema>;

/** A 3×3 convolution `[3, 3, in, out]` with its bias `[out]`. */
interface Convolution {
  readonly filter: tf.Variable;
  readonly bias: tf.Variable;
}

interface Residual extends Convolution {
  readonly norm: Norm;
}

class SmallCnn implements GraphBackbone {
  readonly width: number;
  readonly frozen: boolean;
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  private readonly stages: readonly Convolution[];
  private readonly residuals: readonly Residual[];
  private readonly norm: Norm;
  /** Images `[n, H, W, 3]` → features. */
  private readonly program: TrainedProgram;

  constructor(
    private readonly config: z.output<typeof smallCnnSchema>,
    random: Random,
  ) {
    const { channels, inputSize, frozen, stem } = config;
    const stride = strideOf(config);
    if (inputSize % stride !== 0) {
      throw new RangeError(`smallCnn: inputSize must be divisible by ${stride}, got ${inputSize}`);
    }
    const p = Parameters.create(random);
    const convolution = (s: Parameters, input: number, output: number, side = 3): Convolution => ({
      filter: s.add('filter', [side, side, input, output], heNormal, !frozen),
      bias: s.add('bias', [output], zeros, !frozen),
    });
    this.width = channels[channels.length - 1];
    this.frozen = frozen;
    this.stages = channels.map((c, i) =>
      convolution(p.scope('stages').scope(i), channels[i - 1] ?? 1, c, i === 0 && stem > 2 ? stem : 3),
    );
    this.residuals = Array.from({ length: config.residuals }, (_, i) => {
      const s = p.scope('residuals').scope(i);
      return { ...convolution(s, this.width, this.width), norm: norm(s.scope('norm'), this.width) };
    });
    this.norm = norm(p.scope('norm'), this.width);
    if (frozen) for (const variable of p.all.values()) variable.trainable = false;
    this.parameters = p.all;
    this.program = new TrainedProgram(this.parameters, ([x]) => this.forward(x as tf.Tensor4D));
    this.info = { package: '@raca/vision', version, name: 'smallCnn', config };
  }

  extract(images: tf.Tensor5D, _pass: Pass): PatchMap {
    const [, views, height, width] = images.shape;
    const size = this.config.inputSize;
    if (height !== size || width !== size) {
      throw new RangeError(
        `smallCnn: images must have shape [b, v, ${size}, ${size}, 3], got [${images.shape}]`,
      );
    }
    return tidyPatches(() => {
      const all = splitViews(images);
      if (this.frozen)
        return joinViews(
          outsideTape((x) => this.forward(x), all),
          views,
        );
      return joinViews(this.program.run([], [all]) as tf.Tensor4D, views);
    });
  }

  gridOf(height: number, width: number): { rows: number; cols: number } {
    const stride = strideOf(this.config);
    return { rows: Math.ceil(height / stride), cols: Math.ceil(width / stride) };
  }

  toGraph(): NetworkGraph {
    const g = new GraphBuilder();
    const apply = (name: string, { filter, bias }: Convolution, x: string, stride: number): string => {
      const { shape } = filter;
      const values = { filter: filter.dataSync<'float32'>(), bias: bias.dataSync<'float32'>(), shape };
      return g.convolution(name, x, values, {
        kernel_shape: { ints: shape.slice(0, 2) },
        strides: { ints: [stride, stride] },
        auto_pad: 'SAME_UPPER', // tfjs's `same`: an odd pixel goes to the end
      });
    };
    const [features, keep] = [{ axes: { ints: [1] } }, { keepdims: { int: 1 } }];
    let x = g.op('ReduceMean', [g.channelsFirst('images')], { ...features, ...keep });
    this.stages.forEach((stage, i) => {
      x = g.op('Relu', [apply(`stages.${i}`, stage, x, i === 0 ? this.config.stem : 2)]);
    });
    this.residuals.forEach((r, i) => {
      const inner = g.op('Relu', [graphNorm(g, `residuals.${i}.norm`, r.norm, x)]);
      x = g.op('Add', [x, apply(`residuals.${i}`, r, inner, 1)]);
    });
    return g.build('images', g.channelsLast(graphNorm(g, 'norm', this.norm, x)));
  }

  dispose(): void {
    this.program.dispose();
    disposeParameters(this.parameters);
  }

  /** `[n, H, W, 3]` → `[n, rows, cols, d_v]` */
  private forward(images: tf.Tensor4D): tf.Tensor4D {
    let x = tf.mean(images, 3, true) as tf.Tensor4D; // the three channels repeat it
    this.stages.forEach((stage, i) => {
      x = tf.relu(convolve(stage, x, i === 0 ? this.config.stem : 2));
    });
    for (const r of this.residuals) x = tf.add(x, convolve(r, tf.relu(applyNorm(r.norm, x)), 1));
    return applyNorm(this.norm, x);
  }
}

/**
 * A small convolutional network for small images, cheap to train from nothing: strided 3×3 convolutions,
 * then residual ones on the last grid. Gray only: the mean of the three channels is taken first.
 * Sizes by default: 112×112 pixels → 7×7 patches of width 128, 37 MFLOP an image forward.
 *
 * @throws RangeError if the stages do not divide the image size
 */
export function smallCnn(config: SmallCnnConfig, random: Random): VisionBackbone {
  return new SmallCnn(smallCnnSchema.parse(config), random);
}

/** Pixels of a patch's side. */
export const strideOf = ({ stem, channels }: z.output<typeof smallCnnSchema>): number =>
  stem * 2 ** (channels.length - 1);

function convolve({ filter, bias }: Convolution, x: tf.Tensor4D, stride: number): tf.Tensor4D {
  return tf.add(tf.conv2d(x, filter as unknown as tf.Tensor4D, stride, 'same'), bias);
}
