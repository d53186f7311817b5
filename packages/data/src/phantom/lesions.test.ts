import { Random } from '@raca/core/random';
import { expect, it } from 'vitest';
import { buildThorax } from './anatomy';
import type { Finding } from './findings';
import { lungSigns } from './lesions';
import { sampleStudy } from './study';

const opacity: Finding = {
  kind: 'opacity',
  degree: 2,
  side: 'left',
  lobe: 'upper',
  at: [8, 0, 6],
  radius: 3,
};
const other: Finding = { ...opacity, kind: 'consolidation', lobe: 'lower', at: [8, -4, -4] };
const cloudsOf = (findings: readonly Finding[], seed: number) => {
  const thorax = buildThorax(sampleStudy(new Random(1), { findings }), true);
  return lungSigns(thorax, 1, findings, seed).clouds.at(-1);
};

it('keeps a finding with a shape of its own as it is, whatever else there is', () => {
  const own = { ...opacity, shape: 5 };
  expect(cloudsOf([other, own], 1)).toEqual(cloudsOf([own], 2));
  expect(cloudsOf([{ ...own, shape: 6 }], 1)).not.toEqual(cloudsOf([own], 1));
});

it('shapes a finding without one by the study', () => {
  expect(cloudsOf([opacity], 1)).toEqual(cloudsOf([opacity], 1));
  expect(cloudsOf([opacity], 1)).not.toEqual(cloudsOf([opacity], 2));
});
