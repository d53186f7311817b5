import {
  contrastiveAlignment,
  fitaAlignment,
  globalAlignment,
  multiViewAlignment,
  tripletAlignment,
  uarAlignment,
} from '@raca/alignment';
import {
  bca,
  contrastiveAttention,
  encoderLevels,
  expertTokens,
  frontDoor,
  gatedSum,
  meanFusion,
  regionEncoder,
  selfAttentionFusion,
} from '@raca/bca';
import { type Bank, similarCases, studyContext } from '@raca/context';
import {
  type Alignment,
  type ContextEncoder,
  type FindingHead,
  type Fusion,
  type NamedParameters,
  Random,
  type RegionAgent,
  type RegionSet,
  type ReportDecoder,
  type VisionBackbone,
  type VisionEncoder,
} from '@raca/core';
import {
  expertDecoder,
  memoryMatrixDecoder,
  relationalMemoryDecoder,
  transformerDecoder,
  uLinkedDecoder,
} from '@raca/decoder';
import { findingHead, symptomHead } from '@raca/findings';
import { adaptiveAgent, gumbelAgent, priorAgent, publishedAgent, racaAgent } from '@raca/region-agent';
import { resnet, smallCnn, visualTransformer } from '@raca/vision';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig, Slot } from './config';
import { laidOver } from './fields';
import { Raca } from './model';
import { filledIn, MODULE_OPTIONS } from './module-options';
import { regionSetOf } from './region-config';

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
  /** Words of the context's own vocabulary, + 1; 1 where nothing is read. */
  readonly contextVocabularySize: number;
  /** Longest text of the context, in words. */
  readonly contextLength: number;
  /** The regions that the model tells apart; absent: the 12, which every module knows. */
  readonly regions?: RegionSet;
  /** Cases whose reports the model may look at. */
  readonly bank?: Bank;
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
  readonly context: Readonly<Record<string, Factory<ContextEncoder>>>;
  readonly agent: Readonly<Record<string, Factory<RegionAgent>>>;
  readonly alignment: Readonly<Record<string, Factory<Alignment>>>;
  readonly fusion: Readonly<Record<string, Factory<Fusion>>>;
  readonly findings: Readonly<Record<string, Factory<FindingHead>>>;
  readonly decoder: Readonly<Record<string, Factory<ReportDecoder>>>;
}

/** The implementations of the RACA packages. Their own schemas, listed in `MODULE_OPTIONS`, check the config. */
export const MODULES: ModuleTable = {
  backbone: {
    'small-cnn': (config, sizes, random) => smallCnn(laidOver(filledIn.images(sizes), config), random),
    resnet: (config, _, random) => resnet(config as Parameters<typeof resnet>[0], random),
  },
  vision: {
    'visual-transformer': (config, sizes, random, backbone) =>
      visualTransformer(laidOver(filledIn.patches(sizes), config), random, backbone),
  },
  context: {
    'study-context': (config, sizes, random) =>
      studyContext(laidOver(filledIn.context(sizes), config), random),
    'similar-cases': (config, sizes, random) => {
      const { schema } = MODULE_OPTIONS.context['similar-cases'];
      const { bank, ...own } = schema.parse(laidOver(filledIn.context(sizes), config));
      if (sizes.bank) return similarCases(own, random, sizes.bank);
      throw new Error(`bank: expected the bank itself, found the folder ${bank}, which nobody has read`);
    },
  },
  agent: {
    raca: (config, sizes, random) => racaAgent(laidOver(filledIn.patchesOfViews(sizes), config), random),
    adaptive: (config, sizes, random) => {
      const options = MODULE_OPTIONS.agent.adaptive.schema.parse(laidOver(filledIn.eyes(sizes), config));
      const { eyes, ...own } = options;
      return adaptiveAgent(own, random, eyes && smallCnn(eyes, random.split('eyes')));
    },
    published: (config, sizes, random) => {
      if (sizes.regions)
        throw new Error(`finds the 12 regions only, and model.regions is "${sizes.regions.name}"`);
      return publishedAgent(laidOver(filledIn.views(sizes), config), random);
    },
    prior: (config, sizes) => priorAgent(laidOver(filledIn.drawings(sizes), config)),
    'straight-through': (config, sizes, random) =>
      gumbelAgent(
        { estimator: 'straight-through', ...laidOver(filledIn.patchesOfViews(sizes), config) },
        random,
      ),
    gumbel: (config, sizes, random) => gumbelAgent(laidOver(filledIn.patchesOfViews(sizes), config), random),
  },
  alignment: {
    contrastive: (config, sizes, random) =>
      contrastiveAlignment(laidOver(filledIn.width(sizes), config), random),
    global: (config, sizes, random) => globalAlignment(laidOver(filledIn.width(sizes), config), random),
    triplet: (config, sizes, random) => tripletAlignment(laidOver(filledIn.width(sizes), config), random),
    'multi-view': (config, sizes, random) =>
      multiViewAlignment(laidOver(filledIn.width(sizes), config), random),
    fita: (config, sizes, random) => fitaAlignment(laidOver(filledIn.width(sizes), config), random),
    uar: (config, sizes, random) => uarAlignment(laidOver(filledIn.places(sizes), config), random),
  },
  fusion: {
    bca: (config, sizes, random) => bca(laidOver(filledIn.regionsOfWidth(sizes), config), random),
    mean: (config) => meanFusion(config as Parameters<typeof meanFusion>[0]),
    'gated-sum': (config, sizes, random) => gatedSum(laidOver(filledIn.width(sizes), config), random),
    'self-attention': (config, sizes, random) =>
      selfAttentionFusion(laidOver(filledIn.regionsOfWidth(sizes), config), random),
    'contrastive-attention': (config, sizes, random) =>
      contrastiveAttention(laidOver(filledIn.width(sizes), config), random),
    'expert-tokens': (config, sizes, random) => expertTokens(laidOver(filledIn.width(sizes), config), random),
    'front-door': (config, sizes, random) => frontDoor(laidOver(filledIn.width(sizes), config), random),
    'region-encoder': (config, sizes, random) =>
      regionEncoder(laidOver(filledIn.width(sizes), config), random),
    'encoder-levels': (config, sizes, random) =>
      encoderLevels(laidOver(filledIn.width(sizes), config), random),
  },
  findings: {
    'finding-head': (config, sizes, random) =>
      findingHead(laidOver(filledIn.regionsOfWidth(sizes), config), random),
    'symptom-head': (config, sizes, random) =>
      symptomHead(laidOver(filledIn.regionsOfWidth(sizes), config), random),
  },
  decoder: {
    transformer: (config, sizes, random) =>
      transformerDecoder(laidOver(filledIn.text(sizes), config), random),
    'relational-memory': (config, sizes, random) =>
      relationalMemoryDecoder(laidOver(filledIn.text(sizes), config), random),
    'memory-matrix': (config, sizes, random) =>
      memoryMatrixDecoder(laidOver(filledIn.text(sizes), config), random),
    experts: (config, sizes, random) => expertDecoder(laidOver(filledIn.text(sizes), config), random),
    'u-links': (config, sizes, random) => uLinkedDecoder(laidOver(filledIn.text(sizes), config), random),
  },
};

/** What a model takes from its vocabulary, and its seed. */
export interface ModelContext {
  /** V, words + 1. */
  readonly vocabularySize: number;
  /** Id of the "." token. */
  readonly separator: number;
  /** Id of `<unk>`, so that generation can leave it out; absent: there is none. */
  readonly unknown?: number;
  /** Words of the context's own vocabulary, + 1; needed by models that read texts. */
  readonly contextVocabularySize?: number;
  /** Cases whose reports the model may look at, in words of the context's vocabulary; needed by `similar-cases`. */
  readonly bank?: Bank;
  readonly seed: number;
  /**
   * `loaded` for a model whose weights are set right after it is made: none are drawn, which takes long at full size, and
   * all in `parameters` are 0. Default `drawn`.
   */
  readonly weights?: 'drawn' | 'loaded';
}

/**
 * Builds the model that a config describes. Each module draws its first weights from a stream of its own, so
 * that leaving one out does not change the others.
 *
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
  { vocabularySize, separator, unknown, contextVocabularySize = 1, bank }: ModelContext,
  modules: ModuleTable,
  random: Random,
): Raca {
  const { width, imageSize, views, grid, maxLength, contextLength } = config;
  const pictures = { width, imageSize, views, grid };
  const texts = { vocabularySize, maxLength, contextVocabularySize, contextLength };
  const set = regionSetOf(config);
  const sizes: ModelSizes = {
    ...pictures,
    ...texts,
    ...(config.regions && { regions: set }),
    ...(bank && { bank }),
  };
  const make = <M>(kind: keyof ModuleTable, slot: Slot, build: (factory: never, stream: Random) => M): M => {
    const table = modules[kind];
    if (!Object.hasOwn(table, slot.use)) {
      const names = Object.keys(table).join(', ') || 'no module of RACA, only paths of your own';
      const hint = /[/\\]/.test(slot.use) ? '; a module by path has to be in the table: see modulesOf' : '';
      throw new Error(`model.${kind}.use: expected one of ${names}, found "${slot.use}"${hint}`);
    }
    let module: M | undefined;
    try {
      module = build(table[slot.use] as never, random.split(kind));
      requireModule(kind, module);
      return module;
    } catch (error) {
      freeWeights(module);
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
    const context = keep(plain<ContextEncoder>('context', config.context));
    requireOneSet(config, set);
    const agent = keep(plain<RegionAgent>('agent', config.agent));
    const alignment = keep(plain<Alignment>('alignment', config.alignment));
    const fusion = keep(plain<Fusion>('fusion', config.fusion));
    const findings = keep(plain<FindingHead>('findings', config.findings));
    const decoder = keep(plain<ReportDecoder>('decoder', config.decoder))!;
    const parts = { vision, context, agent, alignment, fusion, findings, decoder };
    return new Raca(parts, separator, unknown, set.names.length);
  } catch (error) {
    for (const module of made) module.dispose();
    throw error;
  }
}

/** @throws Error if modules of RACA would find, or read, other regions than the rest of the model */
function requireOneSet({ agent, fusion, regions }: ModelConfig, { name, names }: RegionSet): void {
  if (agent && Object.hasOwn(MODULES.agent, agent.use) && agent.config.regions !== undefined)
    throw new Error(
      'model.agent.config.regions: expected the regions in model.regions, where the whole model reads them, found them here',
    );
  const count = fusion?.config.regions;
  if (!regions || !fusion || !Object.hasOwn(MODULES.fusion, fusion.use) || count === undefined) return;
  if (count !== names.length)
    throw new Error(
      `model.fusion.config.regions: expected ${names.length}, as in model.regions (${name}), or nothing, found ${count}`,
    );
}

/** What a module of each slot must be able to do. */
const METHODS: Readonly<Record<keyof ModuleTable, readonly string[]>> = {
  backbone: ['extract'],
  vision: ['encode'],
  context: ['encode'],
  agent: ['locate'],
  alignment: ['losses', 'similarity'],
  fusion: ['fuse'],
  findings: ['read', 'losses'],
  decoder: ['embed', 'logits', 'start', 'step'],
};

/** A user's factory may return anything. @throws Error unless it is a module of the slot */
function requireModule(kind: keyof ModuleTable, made: unknown): void {
  const { parameters, dispose } = (made ?? {}) as Record<string, unknown>;
  if (!(parameters instanceof Map && typeof dispose === 'function'))
    throw new Error(
      `expected a factory that returns a module (info, parameters, dispose), found ${typeof made}`,
    );
  const missing = METHODS[kind].filter(
    (name) => typeof (made as Record<string, unknown>)[name] !== 'function',
  );
  if (missing.length > 0) {
    const wanted = METHODS[kind].join(', ');
    throw new Error(`expected a module with the functions ${wanted}, found none named ${missing.join(', ')}`);
  }
  const registered = tf.engine().state.registeredVariables;
  const strange = [...(parameters as NamedParameters)].find(
    ([, weight]) => registered[weight?.name] !== weight,
  );
  if (strange)
    throw new Error(
      `expected weights that are variables of the tfjs that RACA runs on (${tf.version_core}), found "${strange[0]}", ` +
        'which is of another copy or no variable; see docs/own-modules.md',
    );
  if (kind === 'agent' && !['features', 'images'].includes(String((made as { reads?: unknown }).reads)))
    throw new Error('expected an agent whose `reads` is "features" or "images", found neither');
  if (kind === 'context' && !Array.isArray((made as { reads?: unknown }).reads))
    throw new Error('expected a context module whose `reads` lists what it reads, found no list');
}

/** Frees what a factory made that is no module of its slot. */
function freeWeights(made: unknown): void {
  const { parameters, dispose } = (made ?? {}) as { parameters?: unknown; dispose?: unknown };
  if (typeof dispose === 'function') dispose.call(made);
  if (parameters instanceof Map) tf.dispose([...parameters.values()]);
}

/** First line of what went wrong; for a schema's error the field and what was expected. */
export function firstIssue(error: unknown): string {
  const issues = (error as { issues?: { path: PropertyKey[]; message: string }[] }).issues;
  if (issues?.length) return `${issues[0].path.join('.') || 'config'}: ${issues[0].message}`;
  return (error as Error).message.split('\n')[0];
}
