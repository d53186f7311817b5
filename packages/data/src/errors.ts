import type { z } from 'zod';

/** A problem with the user's data, told in one line: where, what was expected, what was found. */
export class DataError extends Error {
  override readonly name = 'DataError';
}

/**
 * Parses hostile input.
 *
 * @param file what the message names as the place, e.g. `annotation.json`
 * @param at path of the value in the file, for messages
 * @throws DataError one line: file, field path, expected, found (first problem, and how many more there are)
 */
export function parseOrThrow<S extends z.ZodType>(
  schema: S,
  value: unknown,
  file: string,
  at: readonly PropertyKey[] = [],
): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const [first] = issues;
  const field = fieldPath([...at, ...first.path]);
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  throw new DataError(
    `${file}: ${field || 'top level'}: ${expectation(first)}, found ${found(value, first.path)}${more}`,
  );
}

/** `['train', 3, 'id']` → `train[3].id`. */
function fieldPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number'
        ? `${text}[${key}]`
        : text
          ? `${text}.${oneLine(String(key))}`
          : oneLine(String(key)),
    '',
  );
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_key')
    return `invalid name (${oneLine(issue.issues[0]?.message ?? issue.message)})`;
  return issue.code === 'invalid_type' ? `expected ${issue.expected}` : oneLine(issue.message);
}

function found(root: unknown, path: readonly PropertyKey[]): string {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return 'nothing';
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return shown(value);
}

/** A short one-line picture of any value, for messages. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = oneLine(JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}
