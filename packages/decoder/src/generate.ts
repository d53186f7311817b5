import type { DecodingOptions, Memory } from '@raca/core';
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
export type GenerateOptions = DecodingOptions &
  (
    | ({ readonly method?: 'beam' } & BeamSearchOptions)
    | ({ readonly method: 'greedy' } & OneByOneOptions)
    | ({ readonly method: 'sample' } & SampleOptions)
  );

/**
 * Writes one report for each row of the memory.
 *
 * @param decoder any ReportDecoder
 * @param memory of any number of places; stays the caller's, as does a prefix
 * @throws RangeError for options out of range or logits that are not finite
 */
export function generate(
  decoder: StepDecoder,
  memory: Memory,
  options: GenerateOptions,
): Promise<Generation> {
  const { prefix } = options;
  switch (options.method) {
    case 'greedy':
      return greedy(options)(decoder, memory, { prefix });
    case 'sample':
      return sample(options)(decoder, memory, { prefix });
    default:
      return beamSearch(options)(decoder, memory, { prefix });
  }
}
