import { fromSequence, isFilter } from '../published-name';

/** Depths that torchvision names, with their published weights. */
export const DEPTHS = [18, 34, 50, 101] as const;
export type Depth = (typeof DEPTHS)[number];

/** A convolution without bias and the batch norm behind it, under torchvision's names. */
export interface ConvSpec {
  /** Name of the convolution, such as `layer1.0.conv1`; its weight is `<conv>.weight`. */
  readonly conv: string;
  /** Name of the batch norm, such as `layer1.0.bn1`. */
  readonly bn: string;
  /** Height and width of the filter; it is padded by (kernel − 1)/2 on each side. */
  readonly kernel: number;
  readonly stride: number;
  readonly input: number;
  readonly output: number;
}

/** A residual block: its main path, and the projection of its shortcut where shapes differ. */
export interface BlockSpec {
  readonly main: readonly ConvSpec[];
  readonly downsample: ConvSpec | null;
}

export interface ResnetSpec {
  readonly stem: ConvSpec;
  readonly blocks: readonly BlockSpec[];
  /** Channels of the last block: d_v. */
  readonly width: number;
}

const BLOCKS: Record<Depth, readonly number[]> = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
};

/**
 * Layers of a ResNet without its pooling and classifier. Bottlenecks keep the stride in their 3×3 convolution,
 * as torchvision does.
 * @see He et al. 2016, arXiv:1512.03385, table 1
 */
export function resnetSpec(depth: Depth): ResnetSpec {
  const bottleneck = depth >= 50;
  const stem = { conv: 'conv1', bn: 'bn1', kernel: 7, stride: 2, input: 3, output: 64 };
  const blocks: BlockSpec[] = [];
  let input = stem.output;
  BLOCKS[depth].forEach((count, stage) => {
    const planes = 64 * 2 ** stage;
    const output = bottleneck ? 4 * planes : planes;
    for (let i = 0; i < count; i++) {
      const name = `layer${stage + 1}.${i}`;
      const stride = i === 0 && stage > 0 ? 2 : 1;
      const main = bottleneck
        ? bottleneckPath(name, input, planes, stride)
        : basicPath(name, input, planes, stride);
      const shortcut = {
        conv: `${name}.downsample.0`,
        bn: `${name}.downsample.1`,
        kernel: 1,
        stride,
        input,
        output,
      };
      blocks.push({ main, downsample: stride > 1 || input !== output ? shortcut : null });
      input = output;
    }
  });
  return { stem, blocks, width: input };
}

/**
 * Depth of the ResNet whose weights have these names: torchvision's, or those of R2Gen's sequence
 * (`visual_extractor.model.4.0.conv1.weight`). Null where the filters are those of no known depth.
 */
export function resnetDepth(names: readonly string[]): Depth | null {
  const filters = new Set(names.map(fromSequence).filter(isFilter));
  const fits = (depth: Depth): boolean => {
    const expected = convolutionsOf(resnetSpec(depth));
    return expected.length === filters.size && expected.every(({ conv }) => filters.has(`${conv}.weight`));
  };
  return DEPTHS.find(fits) ?? null;
}

/** Every convolution of a network, the stem first. */
export const convolutionsOf = ({ stem, blocks }: ResnetSpec): ConvSpec[] => [
  stem,
  ...blocks.flatMap(({ main, downsample }) => (downsample ? [...main, downsample] : main)),
];

function basicPath(name: string, input: number, planes: number, stride: number): ConvSpec[] {
  return [
    { conv: `${name}.conv1`, bn: `${name}.bn1`, kernel: 3, stride, input, output: planes },
    { conv: `${name}.conv2`, bn: `${name}.bn2`, kernel: 3, stride: 1, input: planes, output: planes },
  ];
}

function bottleneckPath(name: string, input: number, planes: number, stride: number): ConvSpec[] {
  return [
    { conv: `${name}.conv1`, bn: `${name}.bn1`, kernel: 1, stride: 1, input, output: planes },
    { conv: `${name}.conv2`, bn: `${name}.bn2`, kernel: 3, stride, input: planes, output: planes },
    { conv: `${name}.conv3`, bn: `${name}.bn3`, kernel: 1, stride: 1, input: planes, output: 4 * planes },
  ];
}
