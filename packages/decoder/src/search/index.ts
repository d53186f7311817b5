export { type BeamSearchOptions, beamSearch } from './beam-search';
export type { ForbiddenWords } from './forbidden';
export type { Generation, OnStep, Search, StepDecoder } from './generation';
export { greedy } from './greedy';
export type { OneByOneOptions } from './one-by-one';
export { type SampleOptions, sample } from './sample';
export { TRIGRAM_PENALTY } from './trigram-penalty';
