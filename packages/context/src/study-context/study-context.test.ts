import '@tensorflow/tfjs-backend-cpu';
import { checkContext } from '@raca/core/testing';
import { describe, expect, it } from 'vitest';
import type { StudyContextConfig } from './config';
import { studyContext } from './study-context';

const SMALL = { heads: 2, feedForward: 12 };
const KINDS: [string, StudyContextConfig][] = [
  ['an indication', {}],
  [
    'all texts, two layers',
    { fields: ['priorReport', 'history', 'indication', 'comparison', 'technique'], layers: 2 },
  ],
  ['words without layers', { fields: ['indication'], layers: 0 }],
  ['the earlier study by slots', { fields: [], prior: true }],
  ['the earlier study by attention', { fields: [], prior: true, change: 'attention' }],
  ['the earlier study alone', { fields: [], prior: true, change: 'none' }],
  ['indication and earlier study', { fields: ['indication'], prior: true }],
];

describe.each(KINDS)('%s', (_, config) => {
  it('satisfies the contract', () => {
    const passed = checkContext((width, vocabularySize, random) =>
      studyContext({ ...SMALL, ...config, width, vocabularySize }, random),
    );
    expect(passed).toEqual(
      expect.arrayContaining(['batched = single', 'no leaked tensor', 'gradients equal central differences']),
    );
  });
});
