/** A call that cannot be meant: exit code 2. */
export class UsageError extends Error {}

/** Thrown when Ctrl-C ended the work and all is saved: exit code 130. */
export const INTERRUPTED = Symbol('interrupted');

/** Thrown when a command has printed what is wrong with its input: exit code 1. */
export const FAILED = Symbol('failed');

/** A whole number option. @throws UsageError */
export const wholeNumber =
  (name: string, least = 1) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
      throw new UsageError(`${name}: expected a whole number of at least ${least}, found "${text}"`);
    }
    return value;
  };

/** An option with a fixed set of values. @throws UsageError */
export const oneOf =
  <T extends string>(name: string, values: readonly T[]) =>
  (text: string): T => {
    if (!(values as readonly string[]).includes(text)) {
      throw new UsageError(`${name}: expected one of ${values.join(', ')}, found "${text}"`);
    }
    return text as T;
  };
