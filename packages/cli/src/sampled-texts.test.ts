import { expect, it } from 'vitest';
import { SampledTexts } from './sampled-texts';

const line = (length: number, distinct: number) => ({
  ...{ step: 1, epoch: 1, kind: 'train' as const },
  'selfCritical/length': length,
  'selfCritical/distinct': distinct,
});

it('says mean length and share of different texts, epoch by epoch', () => {
  const samples = new SampledTexts();
  expect(samples.take()).toBeNull();
  samples.add({ step: 1, epoch: 1, kind: 'train' });
  expect(samples.take()).toBeNull();
  samples.add(line(10, 1));
  samples.add(line(20, 0.5));
  expect(samples.take()).toBe('samples: 15.0 words, 75 % of a batch different');
  samples.add(line(8, 0.25));
  expect(samples.take()).toBe('samples: 8.0 words, 25 % of a batch different');
});
