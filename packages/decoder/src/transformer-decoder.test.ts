import '@tensorflow/tfjs-backend-cpu';
import { checkDecoder } from '@raca/core/testing';
import { describe, expect, it } from 'vitest';
import { transformerDecoder } from './index';

const small = { heads: 2, feedForward: 12, layers: 2, maxLength: 12 };

describe('transformerDecoder', () => {
  it.each(['raca', 'published'] as const)('%s satisfies the contract', (variant) => {
    const checks = checkDecoder((width, vocabularySize, random) =>
      transformerDecoder({ ...small, variant, width, vocabularySize }, random),
    );
    expect(checks).toContain('gradients equal central differences');
  });
});
