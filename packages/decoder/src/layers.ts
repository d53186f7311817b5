import { type AttentiveDecoder, memoryPart, type Random, type ReportDecoder } from '@raca/core';
import { axes, type LayerOptions, ModuleLayer, type Shell, tokenBatch } from '@raca/core/layers';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { type TransformerDecoderConfig, transformerDecoderConfigSchema } from './config';
import { type ExpertDecoderConfig, expertDecoderConfigSchema } from './experts/config';
import { expertDecoder } from './experts/expert-decoder';
import { type MemoryMatrixDecoderConfig, memoryMatrixDecoderConfigSchema } from './memory-matrix/config';
import { type MemoryMatrixReportDecoder, memoryMatrixDecoder } from './memory-matrix/memory-matrix-decoder';
import { type RelationalMemoryDecoderConfig, relationalMemoryDecoderConfigSchema } from './relational/config';
import {
  type RelationalMemoryReportDecoder,
  relationalMemoryDecoder,
} from './relational/relational-memory-decoder';
import { type TransformerReportDecoder, transformerDecoder } from './transformer-decoder';

export { nextTokens, tokenLoss } from './layers/next-tokens';

/** What a decoder as a layer may be told besides its config. */
export interface DecoderLayerOptions {
  /**
   * Whether it gives `[logits, embedded]`: also the embedded tokens `[b, t, d]`, which an alignment reads. False by
   * default: logits alone.
   */
  readonly returnEmbedded?: boolean;
}

/** What every decoder's parsed config says. */
interface Sizes {
  readonly width: number;
  readonly vocabularySize: number;
}

/** A decoder as a layer; see {@link TransformerDecoderLayer}. */
function decoderShell<C extends Sizes, D extends ReportDecoder>(
  schema: { parse(config: unknown): C },
  make: (config: C, random: Random) => D,
): Shell<C & Required<DecoderLayerOptions>, D> {
  return {
    schema: {
      parse(options) {
        const { returnEmbedded, ...config } = options as DecoderLayerOptions;
        return { ...schema.parse(config), ...own.parse({ returnEmbedded }) };
      },
    },
    make: ({ returnEmbedded, ...config }, random) => make(config as unknown as C, random),
    inputs: ({ width }) => [axes(3, { 2: width }), axes(2), axes(2)],
    required: 2,
    outputShape([, tokens], { vocabularySize, width, returnEmbedded }) {
      const logits = [...tokens, vocabularySize];
      return returnEmbedded ? [logits, [...tokens, width]] : logits;
    },
    run(decoder, [memory, tokens, present = null], pass, { returnEmbedded }) {
      const places = memoryPart('patches', memory as tf.Tensor3D, present as tf.Tensor2D | null);
      const batch = tokenBatch(tokens);
      const logits = decoder.logits(places, batch, pass);
      return returnEmbedded ? [logits, decoder.embed(batch, pass)] : logits;
    },
  };
}

const own = z.strictObject({ returnEmbedded: z.boolean().default(false) });

/**
 * {@link transformerDecoder} as a layer, by teacher forcing: memory `[b, m, d]`, token ids `[b, t]` that begin with 0 and
 * perhaps presence `[b, m]` of 1 and 0 → logits `[b, t, V]`, position i for token i + 1. `generate` writes reports with
 * its `module`.
 */
export class TransformerDecoderLayer extends ModuleLayer<TransformerReportDecoder> {
  static readonly className = 'RacaTransformerDecoder';
  constructor(options: LayerOptions<TransformerDecoderConfig & DecoderLayerOptions>) {
    super(options, decoderShell(transformerDecoderConfigSchema, transformerDecoder));
  }
}
tf.serialization.registerClass(TransformerDecoderLayer);

/** {@link relationalMemoryDecoder} as a layer; in and out as {@link TransformerDecoderLayer}. */
export class RelationalMemoryDecoderLayer extends ModuleLayer<RelationalMemoryReportDecoder> {
  static readonly className = 'RacaRelationalMemoryDecoder';
  constructor(options: LayerOptions<RelationalMemoryDecoderConfig & DecoderLayerOptions>) {
    super(options, decoderShell(relationalMemoryDecoderConfigSchema, relationalMemoryDecoder));
  }
}
tf.serialization.registerClass(RelationalMemoryDecoderLayer);

/** {@link memoryMatrixDecoder} as a layer; in and out as {@link TransformerDecoderLayer}. */
export class MemoryMatrixDecoderLayer extends ModuleLayer<MemoryMatrixReportDecoder> {
  static readonly className = 'RacaMemoryMatrixDecoder';
  constructor(options: LayerOptions<MemoryMatrixDecoderConfig & DecoderLayerOptions>) {
    super(options, decoderShell(memoryMatrixDecoderConfigSchema, memoryMatrixDecoder));
  }
}
tf.serialization.registerClass(MemoryMatrixDecoderLayer);

/** {@link expertDecoder} as a layer; in and out as {@link TransformerDecoderLayer}. */
export class ExpertDecoderLayer extends ModuleLayer<AttentiveDecoder> {
  static readonly className = 'RacaExpertDecoder';
  constructor(options: LayerOptions<ExpertDecoderConfig & DecoderLayerOptions>) {
    super(options, decoderShell(expertDecoderConfigSchema, expertDecoder));
  }
}
tf.serialization.registerClass(ExpertDecoderLayer);
