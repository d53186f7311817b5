import type { Alignment, LossInput, Random } from '@raca/core';
import {
  axes,
  type LayerOptions,
  lossRows,
  ModuleLayer,
  patchFeatures,
  type Shell,
  tokenBatch,
} from '@raca/core/layers';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { type AlignmentConfig, alignmentConfigSchema } from './config';
import { type ContrastiveAlignment, contrastiveAlignment } from './contrastive-alignment';
import { type TripletAlignmentConfig, tripletAlignmentConfigSchema } from './triplet/config';
import { tripletAlignment } from './triplet/triplet-alignment';

/** What an alignment as a layer has to be told besides its config. */
export interface AlignmentLayerOptions {
  /** Id of the "." token, which ends a sentence. */
  readonly separator: number;
}

const own = z.strictObject({ separator: z.int().positive() });

/** An alignment as a layer; see {@link ContrastiveAlignmentLayer}. @param namesOf its losses, in their order */
function alignmentShell<C extends { readonly width: number }, A extends Alignment>(
  schema: { parse(config: unknown): C },
  make: (config: C, random: Random) => A,
  namesOf: (config: C) => readonly string[],
): Shell<C & AlignmentLayerOptions, A> {
  return {
    schema: {
      parse(options) {
        const { separator, ...config } = options as AlignmentLayerOptions;
        return { ...schema.parse(config), ...own.parse({ separator }) };
      },
    },
    make: ({ separator, ...config }, random) => make(config as unknown as C, random),
    inputs: ({ width }) => [axes(3, { 2: width }), axes(3), axes(2), axes(3, { 2: width }), axes(3), axes(2)],
    required: 5,
    outputShape: ([[b]], config) => [b, namesOf(config).length],
    run(alignment, inputs, pass, config) {
      const losses = alignment.losses(lossInput(inputs, config.separator), pass);
      return lossRows(losses, namesOf(config), inputs[0].shape[0]);
    },
  };
}

/** The batch of {@link ContrastiveAlignmentLayer}'s inputs. */
export function lossInput(inputs: readonly tf.Tensor[], separator: number): LossInput {
  const [patches, masks, tokens, embedded, sentenceRegions, present] = inputs;
  return {
    features: patchFeatures(patches, present),
    masks: masks as tf.Tensor3D,
    tokens: tokenBatch(tokens),
    embedded: embedded as tf.Tensor3D,
    separator,
    sentenceRegions: (sentenceRegions as tf.Tensor3D)
      .arraySync()
      .map((study) => study.map((row) => row.flatMap((named, region) => (named ? [region] : [])))),
  };
}

/**
 * {@link contrastiveAlignment} as a layer. In: patches `[b, p, d]`, masks `[b, r, p]`, token ids `[b, t]`, embedded tokens
 * `[b, t, d]`, the regions of which each sentence speaks `[b, s, r]` (1 or 0) and perhaps presence `[b, p]`. Out: the
 * losses `[b, k]`, every row the same, for `sumOfLosses` of `@raca/core/layers`: global, local, matching, as far as the
 * config has them.
 */
export class ContrastiveAlignmentLayer extends ModuleLayer<ContrastiveAlignment> {
  static readonly className = 'RacaContrastiveAlignment';
  constructor(options: LayerOptions<AlignmentConfig & AlignmentLayerOptions>) {
    const namesOf = ({ global, local, acrossImages }: z.output<typeof alignmentConfigSchema>) => [
      ...(global ? ['global'] : []),
      ...(local ? ['local'] : []),
      ...(acrossImages ? ['matching'] : []),
    ];
    super(options, alignmentShell(alignmentConfigSchema, contrastiveAlignment, namesOf));
  }
}
tf.serialization.registerClass(ContrastiveAlignmentLayer);

/** {@link tripletAlignment} as a layer; in as {@link ContrastiveAlignmentLayer}, out: contrastive, triplet. */
export class TripletAlignmentLayer extends ModuleLayer<Alignment> {
  static readonly className = 'RacaTripletAlignment';
  constructor(options: LayerOptions<TripletAlignmentConfig & AlignmentLayerOptions>) {
    const namesOf = () => ['contrastive', 'triplet'];
    super(options, alignmentShell(tripletAlignmentConfigSchema, tripletAlignment, namesOf));
  }
}
tf.serialization.registerClass(TripletAlignmentLayer);
