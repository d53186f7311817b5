type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is a record of fields: an object, but no list. */
export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Fields laid over fields, those inside fields too; lists and `null` replace what was there, and so does a slot that names
 * another implementation in `use`, and a set of regions (it has a list of `names`).
 */
export function laidOver<T, U>(old: T, changes: U): T & U {
  if (!isFields(old) || !isFields(changes)) return changes as T & U;
  if ('use' in changes && changes.use !== old.use) return changes as T & U;
  if (Array.isArray(changes.names)) return changes as T & U;
  const out: Record<string, unknown> = { ...old };
  for (const [name, value] of Object.entries(changes)) out[name] = laidOver(old[name], value);
  return out as T & U;
}
