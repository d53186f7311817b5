import { expect, it } from 'vitest';
import { isRegionName, REGIONS, regionIndex, THORAX_12 } from './regions';

it('THORAX_12 is the 12 in the order of a visit, plain data, drawn and worded throughout', () => {
  expect(THORAX_12.names).toBe(REGIONS);
  expect(THORAX_12.names).toHaveLength(12);
  expect(JSON.parse(JSON.stringify(THORAX_12))).toEqual(THORAX_12);
  const names = [...REGIONS].sort();
  expect(Object.keys(THORAX_12.words).sort()).toEqual(names);
  for (const view of ['frontal', 'lateral'] as const) {
    expect(Object.keys(THORAX_12.drawings![view]!).sort()).toEqual(names);
  }
  expect(Object.keys(THORAX_12.drawings!)).toEqual(['frontal', 'lateral']);
});

it('places of names', () => {
  expect([regionIndex('Heart'), regionIndex('Liver')]).toEqual([2, -1]);
  expect([isRegionName('Heart'), isRegionName('constructor')]).toEqual([true, false]);
});
