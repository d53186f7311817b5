import type { Metric } from './types';

const FUNCTIONS = ['over', 'sums', 'value'] as const;

/**
 * A metric that came from outside, such as a user's own file.
 * @param source named in errors
 * @throws Error in one line saying what is not as in {@link Metric}
 */
export function asMetric(value: unknown, source: string): Metric {
  const wrong = (expected: string, found: unknown): Error =>
    new Error(`${source}: expected ${expected}, found ${found === null ? 'null' : describe(found)}`);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong('a metric { name, keys, direction, sums, value }', value);
  }
  const metric = value as Record<string, unknown>;
  if (typeof metric.name !== 'string' || metric.name === '') throw wrong('name to be a text', metric.name);
  const { keys, direction } = metric;
  if (!Array.isArray(keys) || keys.length === 0 || keys.some((key) => typeof key !== 'string')) {
    throw wrong('keys to be a list of texts', keys);
  }
  if (direction !== 'higher' && direction !== 'lower')
    throw wrong('direction to be "higher" or "lower"', direction);
  const needed = 'over' in metric ? FUNCTIONS.slice(0, 1) : FUNCTIONS.slice(1);
  for (const name of needed) {
    if (typeof metric[name] !== 'function') throw wrong(`${name} to be a function`, metric[name]);
  }
  return value as Metric;
}

const describe = (value: unknown): string =>
  typeof value === 'string' ? `"${value}"` : Array.isArray(value) ? 'a list' : typeof value;
