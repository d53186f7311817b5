import { crossEntropy, memoryPart, type ReportDecoder } from '@raca/core';
import { axes, type LayerOptions, lastAxis, ModuleLayer, type Shell, tokenBatch } from '@raca/core/layers';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { type TransformerDecoderConfig, transformerDecoderConfigSchema } from './config';
import { type MemoryMatrixDecoderConfig, memoryMatrixDecoderConfigSchema } from './memory-matrix/config';
import { type MemoryMatrixReportDecoder, memoryMatrixDecoder } from './memory-matrix/memory-matrix-decoder';
import { type RelationalMemoryDecoderConfig, relationalMemoryDecoderConfigSchema } from './relational/config';
import {
  type RelationalMemoryReportDecoder,
  relationalMemoryDecoder,
} from './relational/relational-memory-decoder';
import { type TransformerReportDecoder, transformerDecoder } from './transformer-decoder';

/** What a decoder as a layer may be told besides its config. */
export interface DecoderLayerOptions {
  /** Whether it gives `[logits, embedded]` instead of logits alone: embedded tokens `[b, t, d]`, which an alignment reads. */
  readonly returnEmbedded?: boolean;
}

/** Config of a decoder, and {@link DecoderLayerOptions}. */
interface Told<C> extends Required<DecoderLayerOptions> {
  readonly decoder: C;
}

const optionsSchema = z.looseObject({ returnEmbedded: z.boolean().default(false) });

/**
 * A decoder as a layer: memory `[b, m, d]`, token ids `[b, t]` and perhaps presence `[b, m]` in, logits `[b, t, V]` out.
 */
