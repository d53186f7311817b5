import { parseRunConfig, type RunConfig } from './config';

type Fields = Readonly<Record<string, unknown>>;

/**
 * A config with some fields changed: `{ model: { agent: null }, training: { epochs: 5 } }`. Fields inside fields are
 * merged; lists and `null` replace what was there, and so does a slot that names another implementation in `use`, since
 * options of the old one mean nothing to the new, and a set of regions that says its `names`.
 * @param source named in errors
 * @throws Error in one line: field, expected, found
 */
export const overlay = (config: RunConfig, changes: unknown, source = 'config'): RunConfig =>
  parseRunConfig(laidOver(config, changes), source);

/** Fields laid over fields, as in {@link overlay}, unchecked. */
export function laidOver<T, U>(old: T, changes: U): T & U {
  if (!isFields(old) || !isFields(changes)) return changes as T & U;
  if ('use' in changes && changes.use !== old.use) return changes as T & U;
  if (Array.isArray(changes.names)) return changes as T & U;
  const out: Record<string, unknown> = { ...old };
  for (const [name, value] of Object.entries(changes)) out[name] = laidOver(old[name], value);
  return out as T & U;
}

/** Whether a value is a record of fields: an object, but no list. */
export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
