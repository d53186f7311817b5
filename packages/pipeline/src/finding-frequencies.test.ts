import { describe, expect, it } from 'vitest';
import { validationFeeds, withFrequencies } from './finding-frequencies';
import { tinyConfig } from './tiny';

const labels = () => ({
  names: ['A', 'B', 'C'],
  states: Uint8Array.from([1, 0, 1, 2, 3, 1, 1, 0, 1, 0, 1, 1]),
});
const configOf = (config: Record<string, unknown>, use = 'finding-head') =>
  tinyConfig({ findings: { use, config } });

describe('frequencies', () => {
  it('are counted where they are missing, by hand 2/4 and 1/4', () => {
    const config = configOf({ findings: ['A', 'B'], weights: 'balanced' });
    const filled = withFrequencies(config, labels);
    expect(filled.model.findings!.config).toEqual({
      findings: ['A', 'B'],
      weights: 'balanced',
      frequencies: { A: 0.5, B: 0.25 },
    });
    expect(withFrequencies(filled, () => expect.unreachable('nothing is missing'))).toBe(filled);
  });

  it('stay as the config says them', () => {
    const config = configOf({ findings: ['A', 'B'], adjustment: 'static', frequencies: { B: 0.9 } });
    const { frequencies } = withFrequencies(config, labels).model.findings!.config;
    expect(frequencies).toEqual({ A: 0.5, B: 0.9 });
  });

  it.each([
    ['nobody needs them', configOf({ findings: ['A'] })],
    ['there is no head', tinyConfig()],
    ['the head is another one', configOf({ weights: 'balanced' }, './mine.mjs')],
  ])('are left alone where %s', (_, config) => {
    expect(withFrequencies(config, () => expect.unreachable('labels'))).toBe(config);
  });
});

it('says that the adaptive prior comes from validation', () => {
  expect(validationFeeds(configOf({ adjustment: 'adaptive' }).model)).toEqual(['findings.prior']);
  expect(validationFeeds(configOf({ adjustment: 'static' }).model)).toEqual([]);
  expect(validationFeeds(tinyConfig().model)).toEqual([]);
});
