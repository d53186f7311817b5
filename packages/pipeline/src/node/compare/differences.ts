import { isFields } from '../../fields';

/** A field whose value is not the same in all runs. */
export interface FieldDifference {
  /** Names from the outermost field inwards, joined by dots. */
  readonly field: string;
  /** One for each run; undefined where a run does not have the field. */
  readonly values: readonly unknown[];
}

/**
 * Where values differ, field by field. Lists are compared as a whole, and so are slots of a model that name different modules: options
 * of one mean nothing to the other.
 */
export function differingFields(values: readonly unknown[], field = ''): FieldDifference[] {
  const [first] = values;
  if (values.every((value) => same(value, first))) return [];
  const present = values.filter((value) => value !== undefined);
  const uses = new Set(present.map((value) => (isFields(value) ? value.use : undefined)));
  if (!present.every(isFields) || uses.size > 1) return [{ field, values }];
  const names = new Set(present.flatMap((value) => Object.keys(value)));
  return [...names].flatMap((name) =>
    differingFields(
      values.map((value) => (isFields(value) ? value[name] : undefined)),
      field ? `${field}.${name}` : name,
    ),
  );
}

/** Whatever the order of fields. */
function same(a: unknown, b: unknown): boolean {
  if (!isFields(a) || !isFields(b)) return JSON.stringify(a) === JSON.stringify(b);
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => same(a[name], b[name]));
}
