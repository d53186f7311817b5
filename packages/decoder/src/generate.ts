import type { Tensor3D } from '@tensorflow/tfjs-core';
import {
  type BeamSearchOptions,
  beamSearch,
  type Generation,
  greedy,
  type OneByOneOptions,
  type SampleOptions,
  type StepDecoder,
  sample,
} from './search';

/** How to write: beam search unless `method` says otherwise. */
export type GenerateOptions =
  | ({ readonly method?: 'beam' } & BeamSearchOptions)
  | ({ readonly method: 'greedy' } & OneByOneOptions)
  | ({ readonly method: 'sample' } & SampleOptions);

/**
 * Writes one report for each row of the memory.
 *
 * @param decoder any ReportDecoder
 * @param memory `[b, p, d]`; stays the caller's
 * @throws RangeError for options out of range or logits that are not finite
 */
export function generate(
  decoder: StepDecoder,
  memory: Tensor3D,
  options: GenerateOptions,
): Promise<Generation> {
  switch (options.method) {
    case 'greedy':
      return greedy(options)(decoder, memory);
    case 'sample':
      return sample(options)(decoder, memory);
    default:
      return beamSearch(options)(decoder, memory);
  }
}
