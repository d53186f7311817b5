import { useBackend } from '@raca/backend/node';
import { regionSetSchema } from '@raca/region-agent';
import { beforeAll, expect, it } from 'vitest';
import { drawnLobes, lobesOf, picture, train } from './demo.mjs';
import LOBES from './lobes.mjs';

beforeAll(async () => {
  await useBackend({ prefer: ['wasm'] });
});

it('is a set that a config may hold', () => {
  expect(regionSetSchema.parse(JSON.parse(JSON.stringify(LOBES)))).toEqual(LOBES);
});

it('draws lobes on their sides, upper ones higher, within the lungs', () => {
  const lobes = drawnLobes();
  const centre = (name: string): [x: number, y: number] => {
    const r = LOBES.names.indexOf(name);
    const inside = Array.from({ length: 100 }, (_, p) => p).filter((p) => lobes[r * 100 + p]);
    const mean = (of: (p: number) => number): number =>
      inside.reduce((sum, p) => sum + of(p), 0) / inside.length;
    return [mean((p) => p % 10), mean((p) => Math.floor(p / 10))];
  };
  for (const name of LOBES.names) expect(centre(name)[0] < 4.5, name).toBe(name.startsWith('Right'));
  const heights = ['upper', 'middle', 'lower'].map((part) => centre(`Right ${part} lobe`)[1]);
  expect(heights).toEqual([...heights].sort((a, b) => a - b));
  expect(centre('Left upper lobe')[1]).toBeLessThan(centre('Left lower lobe')[1]);
  expect(picture().split('\n')[0]).toBe('.'.repeat(10));
});

it('reads lobes in sentences', () => {
  expect(lobesOf('LLL atelectasis')).toEqual(['Left lower lobe']);
  expect(lobesOf('Both lungs are clear')).toEqual(LOBES.names);
  expect(lobesOf('Nodule of the lingula, scar at the right apex.')).toEqual([
    'Right upper lobe',
    'Left upper lobe',
  ]);
  expect(lobesOf('Heart size is normal.')).toEqual([]);
});

it('trains an agent that follows the lobes of patients who stand to a side', () => {
  const { prior, agent } = train();
  expect(prior).toBeGreaterThan(0.3);
  expect(agent).toBeGreaterThan(prior + 0.05);
});
