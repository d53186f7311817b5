/** A number and nothing else: `3`, `-0.71`, `1,5`, `12 %`. */
const BARE_NUMBER = /^\s*[-+]?\d[\d.,\s]*(?:e[-+]?\d+)?\s*%?\s*$/i;

/** Positions of texts that are numbers only: another column than that of the reports was read. */
export const bareNumbers = (texts: readonly string[]): number[] =>
  texts.flatMap((text, i) => (BARE_NUMBER.test(text) ? [i] : []));
