import {
  alignmentConfigSchema,
  fitaAlignmentConfigSchema,
  globalAlignmentConfigSchema,
  multiViewAlignmentConfigSchema,
  tripletAlignmentConfigSchema,
  uarAlignmentConfigSchema,
} from '@raca/alignment';
import {
  bcaConfigSchema,
  contrastiveAttentionConfigSchema,
  encoderLevelsConfigSchema,
  expertTokensConfigSchema,
  frontDoorConfigSchema,
  gatedSumConfigSchema,
  meanFusionConfigSchema,
  regionEncoderConfigSchema,
  selfAttentionFusionConfigSchema,
} from '@raca/bca';
import { similarCasesConfigSchema, studyContextConfigSchema } from '@raca/context';
import {
  expertDecoderConfigSchema,
  memoryMatrixDecoderConfigSchema,
  relationalMemoryDecoderConfigSchema,
  transformerDecoderConfigSchema,
} from '@raca/decoder';
import { findingHeadConfigSchema, symptomHeadConfigSchema } from '@raca/findings';
import {
  adaptiveAgentConfigSchema,
  gumbelAgentConfigSchema,
  priorAgentConfigSchema,
  publishedAgentConfigSchema,
  racaAgentConfigSchema,
} from '@raca/region-agent';
import { resnetSchema, smallCnnSchema, visualTransformerSchema } from '@raca/vision';
import { z } from 'zod';
import type { ModelSizes, ModuleTable } from './modules';

/** What is known of a module's options without making the module. */
export interface ModuleOptions {
  /** Checks the options and fills in their defaults. */
  readonly schema: z.ZodType;
  /** Options that the model fills in where a config leaves them out; they come before the schema's defaults. */
  readonly filledIn: (sizes: ModelSizes) => Readonly<Record<string, unknown>>;
}

/** Options of every module of a {@link ModuleTable} that has a schema. */
export type ModuleOptionsTable = {
  readonly [slot in keyof ModuleTable]: Readonly<Record<string, ModuleOptions>>;
};

/** What the model passes on to its modules, by what they read. */
export const filledIn = {
  nothing: () => ({}),
  images: ({ imageSize }: ModelSizes) => ({ inputSize: imageSize }),
  width: ({ width }: ModelSizes) => ({ width }),
  patches: ({ width, views, grid }: ModelSizes) => ({ width, grid: { views, ...grid } }),
  views: ({ views }: ModelSizes) => ({ views }),
  /** IU X-ray's order: frontal, then lateral; a config may say otherwise. */
  viewKinds: ({ views }: ModelSizes) => ({
    views: Array.from(
      { length: views },
      (_, v) => (['frontal', 'lateral'] as const)[v] ?? ('unknown' as const),
    ),
  }),
  /** Of agents that go by drawings of other regions than the 12, too. */
  drawings: (sizes: ModelSizes) => ({
    ...filledIn.viewKinds(sizes),
    ...(sizes.regions && { regions: sizes.regions }),
  }),
  patchesOfViews: (sizes: ModelSizes) => ({ ...filledIn.width(sizes), ...filledIn.drawings(sizes) }),
  /** Of fusions whose weights know the number of regions. */
  regionsOfWidth: ({ width, regions }: ModelSizes) => ({
    width,
    ...(regions && { regions: regions.names.length }),
  }),
  /** Of the adaptive agent, whose eyes are a module of their own. */
  eyes: (sizes: ModelSizes) => ({ ...filledIn.patchesOfViews(sizes), eyes: filledIn.images(sizes) }),
  text: ({ width, vocabularySize, maxLength }: ModelSizes) => ({ width, vocabularySize, maxLength }),
  /** Of what knows places of reports and pictures. */
  places: ({ width, maxLength, views, grid }: ModelSizes) => ({
    width,
    maxLength,
    patches: views * grid.rows * grid.cols,
  }),
  context: ({ width, contextVocabularySize, contextLength }: ModelSizes) => ({
    width,
    vocabularySize: contextVocabularySize,
    maxLength: contextLength,
  }),
};

const { stem, channels } = smallCnnSchema.shape;

/** Options of the small CNN that the adaptive agent looks with. */
const eyesSchema = smallCnnSchema.extend({
  stem: stem.removeDefault().default(4).describe(stem.description!),
  channels: channels.removeDefault().default([32, 64, 128]).describe(channels.description!),
});

const adaptiveSchema = adaptiveAgentConfigSchema.extend({
  eyes: eyesSchema
    .nullable()
    .prefault({})
    .describe(
      'Options of a small CNN of its own that the agent looks at images with; null: it reads the patches.',
    ),
});

const similarCasesSchema = similarCasesConfigSchema.safeExtend({
  bank: z.string().min(1).describe('Folder of the bank, made by `raca bank`; relative to the config file.'),
});

/** An estimator of `gumbelAgent` by name. */
const gumbelSchema = (estimator: 'gumbel' | 'straight-through') => {
  const field = gumbelAgentConfigSchema.shape.estimator;
  return gumbelAgentConfigSchema.extend({
    estimator: field.removeDefault().default(estimator).describe(field.description!),
  });
};

/** Schemas of the modules in `MODULES`, under the same names. */
export const MODULE_OPTIONS = {
  backbone: {
    'small-cnn': { schema: smallCnnSchema, filledIn: filledIn.images },
    resnet: { schema: resnetSchema, filledIn: filledIn.nothing },
  },
  vision: {
    'visual-transformer': { schema: visualTransformerSchema, filledIn: filledIn.patches },
  },
  context: {
    'study-context': { schema: studyContextConfigSchema, filledIn: filledIn.context },
    'similar-cases': { schema: similarCasesSchema, filledIn: filledIn.context },
  },
  agent: {
    raca: { schema: racaAgentConfigSchema, filledIn: filledIn.patchesOfViews },
    adaptive: { schema: adaptiveSchema, filledIn: filledIn.eyes },
    published: { schema: publishedAgentConfigSchema, filledIn: filledIn.views },
    prior: { schema: priorAgentConfigSchema, filledIn: filledIn.drawings },
    'straight-through': { schema: gumbelSchema('straight-through'), filledIn: filledIn.patchesOfViews },
    gumbel: { schema: gumbelSchema('gumbel'), filledIn: filledIn.patchesOfViews },
  },
  alignment: {
    contrastive: { schema: alignmentConfigSchema, filledIn: filledIn.width },
    global: { schema: globalAlignmentConfigSchema, filledIn: filledIn.width },
    triplet: { schema: tripletAlignmentConfigSchema, filledIn: filledIn.width },
    'multi-view': { schema: multiViewAlignmentConfigSchema, filledIn: filledIn.width },
    fita: { schema: fitaAlignmentConfigSchema, filledIn: filledIn.width },
    uar: { schema: uarAlignmentConfigSchema, filledIn: filledIn.places },
  },
  fusion: {
    bca: { schema: bcaConfigSchema, filledIn: filledIn.regionsOfWidth },
    mean: { schema: meanFusionConfigSchema, filledIn: filledIn.nothing },
    'gated-sum': { schema: gatedSumConfigSchema, filledIn: filledIn.width },
    'self-attention': { schema: selfAttentionFusionConfigSchema, filledIn: filledIn.regionsOfWidth },
    'contrastive-attention': { schema: contrastiveAttentionConfigSchema, filledIn: filledIn.width },
    'expert-tokens': { schema: expertTokensConfigSchema, filledIn: filledIn.width },
    'front-door': { schema: frontDoorConfigSchema, filledIn: filledIn.width },
    'region-encoder': { schema: regionEncoderConfigSchema, filledIn: filledIn.width },
    'encoder-levels': { schema: encoderLevelsConfigSchema, filledIn: filledIn.width },
  },
  findings: {
    'finding-head': { schema: findingHeadConfigSchema, filledIn: filledIn.regionsOfWidth },
    'symptom-head': { schema: symptomHeadConfigSchema, filledIn: filledIn.regionsOfWidth },
  },
  decoder: {
    transformer: { schema: transformerDecoderConfigSchema, filledIn: filledIn.text },
    'relational-memory': { schema: relationalMemoryDecoderConfigSchema, filledIn: filledIn.text },
    'memory-matrix': { schema: memoryMatrixDecoderConfigSchema, filledIn: filledIn.text },
    experts: { schema: expertDecoderConfigSchema, filledIn: filledIn.text },
    'u-links': { schema: transformerDecoderConfigSchema, filledIn: filledIn.text },
  },
} as const satisfies ModuleOptionsTable;
