import '@tensorflow/tfjs-backend-cpu';
import type { DecodingOptions, Memory, Random, ReportDecoder } from '@raca/core';
import { checkDecoder } from '@raca/core/testing';
import { describe, expect, it } from 'vitest';
import { transformerDecoder } from './index';

const sizes = { heads: 2, feedForward: 12, layers: 2, maxLength: 12 };
type Change = (decoder: ReportDecoder) => Partial<ReportDecoder>;

/** A decoder of which some of it is done otherwise. */
const changed =
  (change: Change) =>
  (width: number, vocabularySize: number, random: Random): ReportDecoder => {
    const decoder = transformerDecoder({ ...sizes, width, vocabularySize }, random);
    return Object.assign(
      Object.create(decoder),
      { attention: decoder.attention.bind(decoder) },
      change(decoder),
    );
  };
const refused = (options?: DecodingOptions): void => {
  if (options?.prefix) throw new RangeError('mine: reads no prefix');
};
const whole = (memory: Memory): Memory => ({ ...memory, present: null });

describe('checkDecoder', () => {
  it('passes what is only wrapped', () => {
    expect(checkDecoder(changed(() => ({})))).toContain('a masked place = a memory without it');
  });

  it.each<[string, RegExp, Change]>([
    [
      'sees absent places',
      /a masked place = a memory without it/,
      (own) => ({ logits: (memory, ...rest) => own.logits(whole(memory), ...rest) }),
    ],
    [
      'sees absent places step by step only',
      /with absent places cached = full/,
      (own) => ({ start: (memory, options) => own.start(whole(memory), options) }),
    ],
    [
      'overlooks the prefix',
      /every place of the prefix is read/,
      (own) => ({
        logits: (memory, tokens, pass) => own.logits(memory, tokens, pass),
        start: (memory, { rowsPerStudy } = {}) => own.start(memory, { rowsPerStudy }),
      }),
    ],
    [
      'overlooks the prefix step by step only',
      /after a prefix cached = full/,
      (own) => ({ start: (memory, { rowsPerStudy } = {}) => own.start(memory, { rowsPerStudy }) }),
    ],
    [
      'refuses a prefix without saying so',
      /reads no prefix/,
      (own) => ({
        logits: (memory, tokens, pass, options) => {
          refused(options);
          return own.logits(memory, tokens, pass);
        },
      }),
    ],
  ])('catches a decoder that %s', (_, message, change) => {
    expect(() => checkDecoder(changed(change))).toThrow(message);
  });

  it('accepts a decoder that reads no prefix and says so', () => {
    const refusing: Change = (own) => ({
      logits: (memory, tokens, pass, options) => {
        refused(options);
        return own.logits(memory, tokens, pass);
      },
      start: (memory, options) => {
        refused(options);
        return own.start(memory, options);
      },
    });
    expect(checkDecoder(changed(refusing), { prefix: false })).toContain('refuses a prefix by name');
    expect(() =>
      checkDecoder(
        changed(() => ({})),
        { prefix: false },
      ),
    ).toThrow(/refuses a prefix by name/);
  });
});
