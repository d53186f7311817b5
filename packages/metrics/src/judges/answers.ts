/** Parts of a model's answer. @throws Error saying what does not fit */
export function record(name: string, value: unknown, fields: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${name} must be an object with ${fields.join(', ')}`);
  }
  return value as Record<string, unknown>;
}

/** @throws Error saying what does not fit */
export function strings(name: string, value: unknown): string[] {
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) {
    throw new Error(`${name} must be a list of strings`);
  }
  return value;
}

/** @throws Error saying what does not fit */
export function text(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new Error(`${name} must be a string`);
  return value;
}

/** @throws Error saying what does not fit */
export function oneOf<T extends string>(name: string, value: unknown, names: readonly T[]): T {
  const found = names.find((one) => one === value);
  if (found === undefined) throw new Error(`${name} must be one of ${names.join(', ')}`);
  return found;
}

/** @throws Error saying what does not fit */
export function items<T>(name: string, value: unknown, read: (item: unknown, where: string) => T): T[] {
  if (!Array.isArray(value)) throw new Error(`${name} must be a list`);
  return value.map((item, i) => read(item, `${name}[${i}]`));
}
