import { contrastiveAlignment, globalAlignment, tripletAlignment } from '@raca/alignment';
import { bca, gatedSum, meanFusion, selfAttentionFusion } from '@raca/bca';
import {
  type Alignment,
  type Fusion,
  Random,
  type RegionAgent,
  type ReportDecoder,
  type VisionBackbone,
  type VisionEncoder,
} from '@raca/core';
import { memoryMatrixDecoder, relationalMemoryDecoder, transformerDecoder } from '@raca/decoder';
import {
  adaptiveAgent,
  adaptiveAgentConfigSchema,
  gumbelAgent,
  priorAgent,
  publishedAgent,
  racaAgent,
} from '@raca/region-agent';
import { resnet, smallCnn, visualTransformer } from '@raca/vision';
import type { ModelConfig, Slot } from './config';
import { Raca } from './model';

/** What the model knows and its parts need. */
export interface ModelSizes {
  /** d */
  readonly width: number;
  readonly imageSize: number;
  readonly views: number;
  readonly grid: { readonly rows: number; readonly cols: number };
  /** V: words + 1 */
  readonly vocabularySize: number;
  readonly maxLength: number;
}

type Options = Readonly<Record<string, unknown>>;
type Factory<M> = (config: Options, sizes: ModelSizes, random: Random) => M;

/** Names that a config may use, and what they make. A user's own module is one more entry. */
export interface ModuleTable {
  readonly backbone: Readonly<Record<string, Factory<VisionBackbone>>>;
  readonly vision: Readonly<
    Record<
      string,
      (config: Options, sizes: ModelSizes, random: Random, backbone: VisionBackbone | null) => VisionEncoder
    >
  >;
  readonly agent: Readonly<Record<string, Factory<RegionAgent>>>;
  readonly alignment: Readonly<Record<string, Factory<Alignment>>>;
  readonly fusion: Readonly<Record<string, Factory<Fusion>>>;
  readonly decoder: Readonly<Record<string, Factory<ReportDecoder>>>;
}

/** The implementations of the RACA packages. Their own schemas check the config. */
export const MODULES: ModuleTable = {
  backbone: {
    'small-cnn': (config, { imageSize }, random) => smallCnn({ inputSize: imageSize, ...config }, random),
    resnet: (config, _, random) => resnet(config as Parameters<typeof resnet>[0], random),
  },
  vision: {
    'visual-transformer': (config, { width, views, grid }, random, backbone) =>
      visualTransformer({ width, grid: { views, ...grid }, ...config }, random, backbone),
  },
  agent: {
    raca: (config, { width, views }, random) =>
      racaAgent({ width, views: viewKinds(views), ...config }, random),
    adaptive: ({ eyes = {}, ...config }, { width, views, imageSize }, random) => {
      const options = adaptiveAgentConfigSchema.parse({ width, views: viewKinds(views), ...config });
      const cnn = { stem: 4 as const, channels: [32, 64, 128], inputSize: imageSize };
      const own = eyes === null ? null : smallCnn({ ...cnn, ...(eyes as object) }, random.split('eyes'));
      return adaptiveAgent(options, random, own);
    },
    published: (config, { views }, random) => publishedAgent({ views, ...config }, random),
    prior: (config, { views }) => priorAgent({ views: viewKinds(views), ...config }),
    'straight-through': (config, { width, views }, random) =>
      gumbelAgent({ estimator: 'straight-through', width, views: viewKinds(views), ...config }, random),
    gumbel: (config, { width, views }, random) =>
      gumbelAgent({ estimator: 'gumbel', width, views: viewKinds(views), ...config }, random),
  },
  alignment: {
    contrastive: (config, { width }, random) => contrastiveAlignment({ width, ...config }, random),
    global: (config, { width }, random) => globalAlignment({ width, ...config }, random),
    triplet: (config, { width }, random) => tripletAlignment({ width, ...config }, random),
  },
  fusion: {
    bca: (config, { width }, random) => bca({ width, ...config }, random),
    mean: (config) => meanFusion(config as Parameters<typeof meanFusion>[0]),
    'gated-sum': (config, { width }, random) => gatedSum({ width, ...config }, random),
    'self-attention': (config, { width }, random) => selfAttentionFusion({ width, ...config }, random),
  },
  decoder: {
    transformer: (config, { width, vocabularySize, maxLength }, random) =>
      transformerDecoder({ width, vocabularySize, maxLength, ...config }, random),
    'relational-memory': (config, { width, vocabularySize, maxLength }, random) =>
      relationalMemoryDecoder({ width, vocabularySize, maxLength, ...config }, random),
    'memory-matrix': (config, { width, vocabularySize, maxLength }, random) =>
      memoryMatrixDecoder({ width, vocabularySize, maxLength, ...config }, random),
  },
};

type ViewKind = 'frontal' | 'lateral' | 'unknown';

/** IU X-ray's order: frontal, then lateral; a config may say otherwise. */
const viewKinds = (views: number): ViewKind[] =>
  Array.from({ length: views }, (_, v) => (['frontal', 'lateral'] as const)[v] ?? 'unknown');

/** What a model needs beside its config. */
export interface ModelContext {
  readonly vocabularySize: number;
  readonly separator: number;
  readonly seed: number;
  readonly weights?: 'drawn' | 'loaded';
}

/**
 * Builds the model that a config describes. Each module draws its first weights from a stream of its own, so
 * that leaving one out does not change the others.
 *
 * @param context `vocabularySize` V, words + 1; `separator` id of the "." token; `weights` `loaded` for a model whose
 *   weights are set right after it is made: none are drawn, which takes long at full size, and all in `parameters` are 0
 * @throws Error in one line that names the slot: an unknown name, or options its module refuses
 */
export function buildModel(config: ModelConfig, context: ModelContext, modules: ModuleTable = MODULES): Raca {
  const { seed, weights = 'drawn' } = context;
  if (weights === 'drawn') return composeModel(config, context, modules, new Random(seed));
  const unset = new Set<object>();
  const model = composeModel(config, context, modules, new Random(seed, unset));
  const loadable = new Set<object>(model.parameters.values());
  if ([...unset].every((weight) => loadable.has(weight))) return model;
  model.dispose(); // a user's module keeps weights that no file sets
  return composeModel(config, context, modules, new Random(seed));
}

function composeModel(
  config: ModelConfig,
  { vocabularySize, separator }: ModelContext,
  modules: ModuleTable,
  random: Random,
): Raca {
  const { width, imageSize, views, grid, maxLength } = config;
  const sizes: ModelSizes = { width, imageSize, views, grid, vocabularySize, maxLength };
  const make = <M>(kind: keyof ModuleTable, slot: Slot, build: (factory: never, stream: Random) => M): M => {
    const table = modules[kind];
    if (!Object.hasOwn(table, slot.use)) {
      throw new Error(
        `model.${kind}.use: expected one of ${Object.keys(table).join(', ')}, found "${slot.use}"`,
      );
    }
    try {
      const module = build(table[slot.use] as never, random.split(kind));
      requireModule(module);
      return module;
    } catch (error) {
      throw new Error(`model.${kind} (${slot.use}): ${firstIssue(error)}`, { cause: error });
    }
  };
  const plain = <M>(kind: keyof ModuleTable, slot: Slot | null): M | null =>
    slot && make<M>(kind, slot, (factory: Factory<M>, stream) => factory(slot.config, sizes, stream));
  const made: { dispose(): void }[] = [];
  const keep = <M extends { dispose(): void } | null>(module: M): M => {
    if (module) made.push(module);
    return module;
  };
  try {
    const backbone = keep(plain<VisionBackbone>('backbone', config.backbone));
    const vision = keep(
      make<VisionEncoder>('vision', config.vision, (factory: ModuleTable['vision'][string], stream) =>
        factory(config.vision.config, sizes, stream, backbone),
      ),
    );
    const agent = keep(plain<RegionAgent>('agent', config.agent));
    const alignment = keep(plain<Alignment>('alignment', config.alignment));
    const fusion = keep(plain<Fusion>('fusion', config.fusion));
    const decoder = keep(plain<ReportDecoder>('decoder', config.decoder))!;
    return new Raca({ vision, agent, alignment, fusion, decoder }, separator);
  } catch (error) {
    for (const module of made) module.dispose();
    throw error;
  }
}

/** A user's factory may return anything. @throws Error unless it is a module */
function requireModule(made: unknown): void {
  const { parameters, dispose } = (made ?? {}) as Record<string, unknown>;
  if (parameters instanceof Map && typeof dispose === 'function') return;
  throw new Error(
    `expected a factory that returns a module (info, parameters, dispose), found ${typeof made}`,
  );
}

/** First line of what went wrong; for a schema's error the field and what was expected. */
function firstIssue(error: unknown): string {
  const issues = (error as { issues?: { path: PropertyKey[]; message: string }[] }).issues;
  if (issues?.length) return `${issues[0].path.join('.') || 'config'}: ${issues[0].message}`;
  return (error as Error).message.split('\n')[0];
}
