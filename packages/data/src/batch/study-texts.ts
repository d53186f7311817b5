import { CONTEXT_FIELDS, type ContextField } from '@raca/core';
import type { ContextTexts } from '../context';
import type { Tokenizer } from '../text/tokenizer';

/** One text for each study of a batch, as ids. Axes: b study, t token. */
export interface StudyTexts {
  /** `[b, t]` row by row: word ids, padded with 0. */
  readonly tokens: Int32Array;
  readonly shape: [b: number, t: number];
  /** `[b]`: 1 where the study has the text, even an empty one. */
  readonly present: Uint8Array;
}

/** Lengths are multiples of this: few batches then differ in shape, and each shape is compiled once. */
const STEP = 8;

/** The texts of a batch by field; a field that no study has is left out. @param maxLength longest text in words */
export function studyTexts(
  studies: readonly ContextTexts[],
  tokenizer: Tokenizer,
  maxLength: number,
): Partial<Record<ContextField, StudyTexts>> {
  const fields = CONTEXT_FIELDS.filter((field) => studies.some((texts) => texts[field] !== undefined));
  return Object.fromEntries(
    fields.map((field) => {
      const rows = studies.map((texts) =>
        tokenizer
          .encode(texts[field] ?? '')
          .slice(1, -1)
          .slice(0, maxLength),
      );
      const longest = Math.max(1, ...rows.map(({ length }) => length));
      const t = Math.min(Math.ceil(longest / STEP) * STEP, Math.max(longest, maxLength));
      const tokens = new Int32Array(rows.length * t);
      rows.forEach((row, b) => {
        tokens.set(row, b * t);
      });
      const present = Uint8Array.from(studies, (texts) => (texts[field] === undefined ? 0 : 1));
      return [field, { tokens, shape: [rows.length, t], present }];
    }),
  );
}
