import '@tensorflow/tfjs-backend-cpu';
import { checkFindings } from '@raca/core/testing';
import { describe, expect, it } from 'vitest';
import type { FindingHeadConfig } from './config';
import { findingHead } from './finding-head';

const THREE = ['Edema', 'Fracture', 'No Finding'];
const frequencies = { Edema: 0.2, Fracture: 0.05, 'No Finding': 0.5 };
const KINDS: [string, FindingHeadConfig][] = [
  ['defaults', {}],
  ['the mean alone, nothing told', { pool: ['mean'], tell: 'none' }],
  ['attention alone, tokens', { pool: ['attention'], tell: 'tokens' }],
  ['regions alone, a prefix', { pool: ['regions'], tell: 'prefix' }],
  ['gated', { tell: 'gated' }],
  ['hard states', { states: 'hard', gold: 0.5 }],
  ['thresholds', { states: 'thresholds', gold: 0 }],
  ['binary, balanced', { loss: 'binary', weights: 'balanced', frequencies, findings: THREE }],
  ['adjusted', { adjustment: 'adaptive', frequencies, findings: THREE, weights: { Edema: 3 } }],
];

describe.each(KINDS)('%s', (_, config) => {
  it('satisfies the contract', () => {
    const passed = checkFindings((width, random) => findingHead({ ...config, width }, random));
    expect(passed).toEqual(
      expect.arrayContaining([
        'batched = single',
        'no leaked tensor in training with absent patches',
        'gradients equal central differences',
      ]),
    );
  });
});
