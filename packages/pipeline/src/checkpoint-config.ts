import type { StoredTensor } from '@raca/core';
import { DEPTHS, resnetDepth } from '@raca/vision';
import { type ModelConfig, parseRunConfig, type RunConfig } from './config';
import { commonName } from './import-published';
import { publishedConfig } from './presets';

/** Models whose checkpoints can be taken over. */
export const CHECKPOINT_LAYOUTS = ['r2gen', 'r2gencmn', 'raca'] as const;
export type CheckpointLayout = (typeof CHECKPOINT_LAYOUTS)[number];

/** What a checkpoint does not hold; the defaults are the published values. */
export interface CheckpointOptions {
  /** Heads of every attention, 8. */
  readonly heads?: number;
  /** R2Gen: heads of the relational memory's attention, 8. */
  readonly memoryHeads?: number;
  /** R2GenCMN: rows of the memory that answer each head, 32. */
  readonly topK?: number;
  /** Longest report in tokens: 60 with the cleaning of IU X-ray, 100 with that of MIMIC-CXR. */
  readonly maxLength?: number;
  /** Images a study: 2 with the cleaning of IU X-ray, 1 with that of MIMIC-CXR; RACA's follows from its agent. */
  readonly views?: number;
  /** Words seen fewer times became `<unk>`: 3 with the cleaning of IU X-ray, 10 with that of MIMIC-CXR. */
  readonly threshold?: number;
  /** How reports were cleaned. */
  readonly cleaning: 'iu_xray' | 'mimic_cxr';
}

/** A weight that only this layout has. */
const MARKS: Readonly<Record<CheckpointLayout, string>> = {
  r2gen: 'model.rm.W.weight',
  r2gencmn: 'memory_matrix',
  raca: 'model.esf.fusion.0.weight',
};
/** Published settings by cleaning. */
const SETTINGS = {
  iu_xray: { maxLength: 60, views: 2, threshold: 3 },
  mimic_cxr: { maxLength: 100, views: 1, threshold: 10 },
} as const;
/** Training as the authors' scripts set it, by layout and cleaning; RACA's is that of `publishedConfig`. */
const TRAINING: Readonly<Record<CheckpointLayout, Readonly<Record<CheckpointOptions['cleaning'], object>>>> =
  {
    r2gen: {
      iu_xray: trained(5e-5, 1e-4, { every: 50, gamma: 0.1 }, 100),
      mimic_cxr: trained(5e-5, 1e-4, { every: 1, gamma: 0.8 }, 30),
    },
    r2gencmn: {
      iu_xray: trained(1e-4, 5e-4, { every: 10, gamma: 0.8 }, 100),
      mimic_cxr: trained(1e-4, 5e-4, { every: 3, gamma: 0.8 }, 30),
    },
    raca: { iu_xray: {}, mimic_cxr: {} },
  };
/** Rows and columns of ResNet's patches at 224 pixels. */
const SIDE = 7;
/** Heads of RACA's text encoder, a constant of its code. */
const TEXT_HEADS = 8;
/** A config for the weights of a checkpoint. */
export interface CheckpointConfig {
  readonly config: RunConfig;
  /** Words that the checkpoint knows, `<unk>` among them. */
  readonly words: number;
}

/**
 * The config of the model whose weights these are: sizes and layers follow from names and shapes, the rest from
 * options. Every large weight that the config asks for has been seen, so that building the model takes about as much memory
 * as the checkpoint.
 *
 * @param given tensors under PyTorch's names, with or without R2Gen's prefix `encoder_decoder.`
 * @param source named in errors, usually the file's path
 * @throws Error in one line: another layout, a weight missing or of an unexpected shape
 */
export function checkpointConfig(
  layout: CheckpointLayout,
  given: ReadonlyMap<string, StoredTensor>,
  options: CheckpointOptions,
  source = 'checkpoint',
): CheckpointConfig {
  const shapes = new Shapes(given, source);
  requireLayout(layout, shapes, source);
  const published = SETTINGS[options.cleaning];
  const [rows, width] = shapes.of('model.tgt_embed.0.lut.weight', [null, null]);
  const [, inputWidth] = shapes.of('att_embed.0.weight', [width, null]);
  const encoder = layersOf(shapes, 'model.encoder', ['self_attn'], width);
  const decoder = layersOf(shapes, 'model.decoder', ['self_attn', 'src_attn'], width);
  const heads = options.heads ?? 8;
  const common = { variant: 'published', heads };
  const depth = depthOf(shapes, source);
  const base = publishedConfig();
  const threshold = options.threshold ?? published.threshold;
  const agent = layout === 'raca' ? shapes.of('agent1.actor.2.weight', [null, null])[0] : null;
  const views = agent === null ? (options.views ?? published.views) : viewsOf(agent, source);
  const model: ModelConfig = {
    ...base.model,
    ...{ width, views, maxLength: options.maxLength ?? published.maxLength },
    backbone: depth === null ? null : { use: 'resnet', config: { depth, frozen: false } },
    vision: { use: 'visual-transformer', config: { ...common, ...encoder, inputWidth } },
    ...{ agent: null, alignment: null, fusion: null },
    decoder: { use: 'transformer', config: { ...common, ...decoder } },
  };
  const config = parseRunConfig(
    {
      model: { ...model, ...OWN[layout](shapes, { ...options, heads, width, encoder, decoder }, model) },
      training: {
        ...base.training,
        ...TRAINING[layout][options.cleaning],
        wordThreshold: threshold,
        cleaning: options.cleaning,
      },
    },
    source,
  );
  return { config, words: rows - 1 };
}

interface Layers {
  readonly layers: number;
  readonly feedForward: number;
}

interface Known extends CheckpointOptions {
  readonly heads: number;
  /** d */
  readonly width: number;
  readonly encoder: Layers;
  readonly decoder: Layers;
}

function trained(backbone: number, rest: number, schedule: object, epochs: number): object {
  return { learningRates: { backbone, text: rest, rest }, weightDecay: 5e-5, schedule, epochs };
}

/** The slots in which a layout differs from the plain Transformer. */
const OWN: Readonly<
  Record<CheckpointLayout, (shapes: Shapes, known: Known, model: ModelConfig) => Partial<ModelConfig>>
> = {
  r2gen(shapes, { width, memoryHeads = 8, decoder }, model) {
    const gamma = 'sublayer.0.norm.mlp_gamma.0.weight';
    const [, memory] = shapes.of(`model.decoder.layers.0.${gamma}`, [width, null]);
    for (let i = 0; i < decoder.layers; i++) shapes.of(`model.decoder.layers.${i}.${gamma}`, [width, memory]);
    shapes.of(MARKS.r2gen, [2 * width, width]);
    const config = { ...model.decoder.config, slots: memory / width, memoryHeads };
    return { decoder: { use: 'relational-memory', config } };
  },
  // the visual Transformer stands behind the memory's answers: it belongs to our decoder
  r2gencmn(shapes, { width, heads, topK = 32, encoder }, model) {
    const [memoryRows] = shapes.of(MARKS.r2gencmn, [null, width]);
    shapes.of('cmn.linears.0.weight', [width, width]);
    const { inputWidth } = model.vision.config;
    const own = { visualLayers: encoder.layers, memoryRows, topK };
    return {
      vision: { use: 'visual-transformer', config: { variant: 'published', heads, layers: 0, inputWidth } },
      decoder: { use: 'memory-matrix', config: { ...model.decoder.config, ...own } },
    };
  },
  raca(shapes, { width, heads }) {
    const text = layersOf(shapes, 'model.tencoder.encoder', ['self_attn'], width);
    const textHeads = width % TEXT_HEADS === 0 ? TEXT_HEADS : heads;
    const [hidden] = shapes.of('agent1.actor.0.weight', [null, null]);
    const [projection] = shapes.of('model.projection.weight', [null, width]);
    const [attentionWidth] = shapes.of('model.esf.global_query.weight', [null, width]);
    const variant = 'published';
    return {
      agent: { use: 'published', config: { hidden } },
      alignment: { use: 'contrastive', config: { variant, ...text, heads: textHeads, projection } },
      fusion: { use: 'bca', config: { variant, attentionWidth } },
    };
  },
};

/** Shapes of a checkpoint's weights under the names that the line of models shares. */
class Shapes {
  private readonly shapes: ReadonlyMap<string, readonly number[]>;

  constructor(
    given: ReadonlyMap<string, StoredTensor>,
    private readonly source: string,
  ) {
    this.shapes = new Map([...given].map(([name, { shape }]) => [commonName(name), shape]));
  }

  has(name: string): boolean {
    return this.shapes.has(name);
  }

  names(): string[] {
    return [...this.shapes.keys()];
  }

  /** @param expected size of each axis, null for any @throws Error if the weight is missing or does not fit */
  of(name: string, expected: readonly (number | null)[]): readonly number[] {
    const shape = this.shapes.get(name);
    if (!shape) throw new Error(`${this.source}: weight ${name} is missing`);
    const fits = shape.length === expected.length && shape.every((n, i) => n > 0 && n === (expected[i] ?? n));
    if (fits) return shape;
    const sizes = expected.map((n) => n ?? 'any').join(', ');
    throw new Error(`${this.source}: weight ${name} must have shape [${sizes}], found [${shape.join(', ')}]`);
  }
}

function requireLayout(layout: CheckpointLayout, shapes: Shapes, source: string): void {
  if (shapes.has(MARKS[layout])) return;
  const other = CHECKPOINT_LAYOUTS.find((name) => shapes.has(MARKS[name]));
  const plain = shapes.has('model.tgt_embed.0.lut.weight')
    ? 'a plain Transformer of this line'
    : 'none of them';
  const found = other ? `those of ${other} (--as ${other})` : plain;
  throw new Error(`${source}: expected the weights of ${layout}, such as ${MARKS[layout]}, found ${found}`);
}

/** Number of layers below a prefix and their width inside; all of them alike. */
function layersOf(shapes: Shapes, prefix: string, attentions: readonly string[], width: number): Layers {
  const start = `${prefix}.layers.`;
  const numbers = shapes.names().flatMap((name) => {
    if (!name.startsWith(start)) return [];
    return [name.slice(start.length, name.indexOf('.', start.length))];
  });
  const layers = new Set(numbers).size;
  const [feedForward] = shapes.of(`${start}0.feed_forward.w_1.weight`, [null, width]);
  for (let i = 0; i < layers; i++) {
    shapes.of(`${start}${i}.feed_forward.w_1.weight`, [feedForward, width]);
    for (const attention of attentions) {
      for (let k = 0; k < 4; k++) shapes.of(`${start}${i}.${attention}.linears.${k}.weight`, [width, width]);
    }
  }
  return { layers, feedForward };
}

function viewsOf(patches: number, source: string): number {
  const views = patches / SIDE ** 2;
  if (views === 1 || views === 2) return views;
  throw new Error(`${source}: weight agent1.actor.2.weight: expected 49 or 98 patches, found ${patches}`);
}

/** Depth of the ResNet that extracts features; null where the checkpoint has none. */
function depthOf(shapes: Shapes, source: string): number | null {
  const names = shapes.names().filter((name) => name.startsWith('visual_extractor.'));
  if (names.length === 0) return null;
  const depth = resnetDepth(names);
  if (depth !== null) return depth;
  throw new Error(
    `${source}: visual_extractor: expected a ResNet of depth ${DEPTHS.join(', ')}, found another network`,
  );
}
