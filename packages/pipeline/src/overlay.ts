import { parseRunConfig, type RunConfig } from './config';
import { laidOver } from './fields';

/**
 * A config with some fields changed: `{ model: { agent: null }, training: { epochs: 5 } }`. Fields inside fields are
 * merged; lists and `null` replace what was there, and so does a slot that names another implementation in `use`, since
 * options of the old one mean nothing to the new, and a set of regions that says its `names`.
 * @param source named in errors
 * @throws Error in one line: field, expected, found
 */
export const overlay = (config: RunConfig, changes: unknown, source = 'config'): RunConfig =>
  parseRunConfig(laidOver(config, changes), source);
