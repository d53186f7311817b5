import {
  disposeParameters,
  type ModuleInfo,
  type NamedParameters,
  Parameters,
  type Pass,
  type PatchMap,
  type Random,
  type VisionBackbone,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { version } from '../../package.json';
import type { GraphBackbone } from '../graph/graph-backbone';
import { GraphBuilder, type NetworkGraph } from '../graph/network-graph';
import { joinViews, outsideTape, splitViews, tidyPatches } from '../images';
import { type BlockSpec, convolutionsOf, DEPTHS, type ResnetSpec, resnetSpec } from './architecture';
import {
  applyFolded,
  applyTraining,
  type Convolution,
  convolution,
  type Folded,
  fold,
  foldedValues,
} from './convolution';

/** Options of {@link resnet}. */
export const resnetSchema = z.strictObject({
  depth: z.literal(DEPTHS).default(101).describe('Layers of the network, as in ResNet-101.'),
  frozen: z.boolean().default(true).describe('Keep weights and running statistics as they are.'),
});
export type ResnetConfig = z.input<typeof resnetSchema>;

/** How one convolution with its batch norm runs in this pass. */
type Apply = (name: string, x: tf.Tensor4D, relu: boolean) => tf.Tensor4D;

class Resnet implements GraphBackbone {
  readonly width: number;
  readonly frozen: boolean;
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  private readonly spec: ResnetSpec;
  private readonly convolutions: ReadonlyMap<string, Convolution>;
  private readonly cache = new FoldedCache();

  constructor(config: z.output<typeof resnetSchema>, random: Random) {
    this.frozen = config.frozen;
    this.spec = resnetSpec(config.depth);
    this.width = this.spec.width;
    const p = Parameters.create(random);
    this.convolutions = new Map(
      convolutionsOf(this.spec).map((s) => [s.conv, convolution(p, s, !config.frozen)]),
    );
    this.parameters = p.all;
    this.info = { package: '@raca/vision', version, name: 'resnet', config };
  }

  extract(images: tf.Tensor5D, pass: Pass): PatchMap {
    return tidyPatches(() => {
      const x = splitViews(images);
      return joinViews(this.frozen ? outsideTape(this.runFrozen, x) : this.run(x, pass), images.shape[1]);
    });
  }

  gridOf(height: number, width: number): { rows: number; cols: number } {
    return { rows: Math.ceil(height / 32), cols: Math.ceil(width / 32) };
  }

  toGraph(): NetworkGraph {
    const g = new GraphBuilder();
    const apply = (name: string, x: string, relu: boolean): string => {
      const c = this.convolutions.get(name)!;
      const { kernel, stride } = c.spec;
      const pad = (kernel - 1) / 2;
      const y = g.convolution(
        name,
        x,
        { ...foldedValues(c), shape: c.filter.shape },
        {
          kernel_shape: { ints: [kernel, kernel] },
          strides: { ints: [stride, stride] },
          pads: { ints: [pad, pad, pad, pad] },
        },
      );
      return relu ? g.op('Relu', [y]) : y;
    };
    let x = apply(this.spec.stem.conv, g.channelsFirst('images'), true);
    x = g.op('MaxPool', [x], {
      kernel_shape: { ints: [3, 3] },
      strides: { ints: [2, 2] },
      pads: { ints: [1, 1, 1, 1] },
    });
    for (const { main, downsample } of this.spec.blocks) {
      const shortcut = downsample ? apply(downsample.conv, x, false) : x;
      main.forEach(({ conv }, i) => {
        x = apply(conv, x, i < main.length - 1);
      });
      x = g.op('Relu', [g.op('Add', [x, shortcut])]);
    }
    return g.build('images', g.channelsLast(x));
  }

  dispose(): void {
    this.cache.dispose();
    disposeParameters(this.parameters);
  }

  /** `[n, H, W, 3]` → `[n, ⌈H/32⌉, ⌈W/32⌉, d_v]` */
  private forward(images: tf.Tensor4D, apply: Apply): tf.Tensor4D {
    // after a ReLU padding by 0 and by −∞ are the same
    let x = tf.tidy(() => tf.maxPool(apply(this.spec.stem.conv, images, true), 3, 2, 1));
    for (const block of this.spec.blocks) {
      const y = tf.tidy(() => applyBlock(block, x, apply));
      x.dispose(); // a batch of feature maps is large; the tape keeps what it needs
      x = y;
    }
    return x;
  }

  private run(x: tf.Tensor4D, pass: Pass): tf.Tensor4D {
    return this.forward(x, (name, input, relu) => {
      const c = this.convolutions.get(name)!;
      return pass.training ? applyTraining(c, input, relu) : applyFolded(c.spec, fold(c), input, relu);
    });
  }

  private readonly runFrozen = (x: tf.Tensor4D): tf.Tensor4D => {
    this.cache.refresh(this.convolutions);
    return this.forward(x, (name, input, relu) =>
      applyFolded(this.convolutions.get(name)!.spec, this.cache.get(name), input, relu),
    );
  };
}

/** Folded weights of a frozen network; made anew when one of the weights has been assigned since. */
class FoldedCache {
  private folded = new Map<string, Folded>();
  private sources: readonly tf.DataId[] = [];

  refresh(convolutions: ReadonlyMap<string, Convolution>): void {
    const sources = [...convolutions.values()].flatMap(({ filter, bn }) =>
      [filter, bn.weight, bn.bias, bn.mean, bn.variance].map((v) => v.dataId),
    );
    if (sources.length === this.sources.length && sources.every((id, i) => id === this.sources[i])) return;
    this.dispose();
    for (const [name, c] of convolutions) {
      tf.tidy(() => {
        const { filter, bias } = fold(c);
        this.folded.set(name, { filter: tf.keep(filter), bias: tf.keep(bias) });
      });
    }
    this.sources = sources;
  }

  get(name: string): Folded {
    return this.folded.get(name)!;
  }

  dispose(): void {
    for (const { filter, bias } of this.folded.values()) tf.dispose([filter, bias]);
    this.folded.clear();
    this.sources = [];
  }
}

/**
 * A ResNet up to its last feature map: images of 224×224 pixels → 7×7 patches of width 512 (18, 34) or 2048.
 * Weights carry torchvision's names; filters are `[kh, kw, in, out]`. Frozen: evaluation mode always, and no
 * memory on the gradient tape. Else batch statistics in training, running averages in evaluation.
 *
 * @see He et al. 2016, arXiv:1512.03385
 */
export function resnet(config: ResnetConfig, random: Random): VisionBackbone {
  return new Resnet(resnetSchema.parse(config), random);
}

function applyBlock({ main, downsample }: BlockSpec, x: tf.Tensor4D, apply: Apply): tf.Tensor4D {
  let y = x;
  main.forEach(({ conv }, i) => {
    y = apply(conv, y, i < main.length - 1);
  });
  return tf.relu(tf.add(y, downsample ? apply(downsample.conv, x, false) : x)) as tf.Tensor4D;
}
