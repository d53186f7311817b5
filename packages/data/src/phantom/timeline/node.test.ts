import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseChanges } from '../../changes/truth';
import { checkDataset } from '../../node/check';
import { readImage } from '../../node/decode';
import { imageFile, openDataset } from '../../node/read';
import { makePhantom } from '../node';
import { renderView } from '../render';
import { makeTimeline } from './node';
import { planTimeline } from './plan';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'timeline-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const small = { train: 12, val: 2, test: 2, size: 32, seed: 4 };

/** sha256 over paths and bytes of all files of a folder. */
function hashOf(folder: string): string {
  const hash = createHash('sha256');
  for (const name of (readdirSync(folder, { recursive: true }) as string[]).sort()) {
    const file = join(folder, name);
    if (statSync(file).isFile()) hash.update(name).update(readFileSync(file));
  }
  return hash.digest('hex');
}

it('writes a folder that opens and checks without a complaint, with the truth parallel to its images', async () => {
  const out = join(dir, 'set');
  const { statistics, counts } = await makeTimeline({ ...small, out });
  const { annotation, manifest, regions, warnings } = openDataset(out);
  expect(warnings).toEqual([]);
  expect(manifest).toMatchObject({ source: 'phantom', timeline: JSON.parse(JSON.stringify(statistics)) });
  expect(counts.train + counts.val + counts.test).toBe(statistics.studies);
  const changes = parseChanges(JSON.parse(readFileSync(join(out, 'changes.json'), 'utf8')));
  const truth = JSON.parse(readFileSync(join(out, 'regions.json'), 'utf8'));
  const all = [...annotation.train, ...annotation.val, ...annotation.test];
  expect(Object.keys(changes.studies).sort()).toEqual(all.map(({ id }) => id).sort());
  expect(manifest!.counts![0].images).toBe(all.reduce((sum, { image_path }) => sum + image_path.length, 0));
  const shapes = new Set<string>();
  for (const { id, image_path, views } of all) {
    shapes.add(String(views));
    expect([image_path.length, regions!.studies[id].length, truth.views[id]]).toEqual([
      (views as string[]).length,
      (views as string[]).length,
      views,
    ]);
    (views as string[]).forEach((view, k) => {
      const { Clavicles: clavicles } = regions!.studies[id][k];
      // seen from the side, the shoulder girdle fills few patches; from the front it spans the chest
      const wide = new Set(clavicles!.flatMap((share, patch) => (share > 0.1 ? [patch % 7] : []))).size;
      expect(wide > 3, `${id} ${view}: ${wide}`).toBe(view === 'frontal');
    });
  }
  expect(shapes.size).toBeGreaterThan(2);
  const { problems } = await checkDataset(out);
  expect(problems.filter(({ message }) => !/tiny: /.test(message))).toEqual([]);
});

it('draws the views of a study in their order', async () => {
  const out = join(dir, 'set');
  await makeTimeline({ ...small, out });
  const { studies } = planTimeline({ train: 12, val: 2, test: 2 }, { seed: 4, pose: 'mild' });
  const swapped = studies.filter(({ given }) => given!.views.join() === 'lateral,frontal');
  expect(swapped.length).toBeGreaterThan(0);
  for (const { id, given } of swapped) {
    for (const [k, name] of (['lateral', 'frontal'] as const).entries()) {
      const { image } = await readImage(imageFile(out, `${id}/${k}.png`));
      expect(image.data).toEqual(renderView(given!.study, name, 32).image);
    }
  }
});

it('gives the same bytes for the same seed, whatever the number of threads', async () => {
  await makeTimeline({ ...small, out: join(dir, 'a'), workers: 1 });
  await makeTimeline({ ...small, out: join(dir, 'b'), workers: 2 });
  await makeTimeline({ ...small, out: join(dir, 'c'), workers: 2, seed: 5 });
  expect(hashOf(join(dir, 'b'))).toBe(hashOf(join(dir, 'a')));
  expect(hashOf(join(dir, 'c'))).not.toBe(hashOf(join(dir, 'a')));
});

it('reuses a complete folder, knows it from a phantom, and leaves nothing behind when stopped', async () => {
  const out = join(dir, 'set');
  const tiny = { ...small, train: 1, val: 1, test: 1, out };
  const made = await makeTimeline(tiny);
  expect(await makeTimeline(tiny)).toEqual({ ...made, reused: true });
  await expect(makePhantom(tiny)).rejects.toThrow(/found a phantom of other options/);
  const stop = new AbortController();
  const later = { ...small, out: join(dir, 'stopped'), workers: 1 };
  await expect(
    makeTimeline({ ...later, signal: stop.signal, onProgress: () => stop.abort() }),
  ).rejects.toThrow(/abort/i);
  expect(readdirSync(dir)).toEqual(['set']);
  rmSync(join(out, 'annotation.json'));
  await expect(makeTimeline(tiny)).rejects.toThrow(/found a phantom of other options/);
  expect((await makeTimeline({ ...tiny, overwrite: true })).reused).toBe(false);
});

it('names the option that is out of range, and a faulty changes.json', async () => {
  await expect(makeTimeline({ ...small, out: join(dir, 'set'), val: -1 })).rejects.toThrow(
    'phantom: val must be a whole number from 0 to 1000000, got -1',
  );
  const out = join(dir, 'set');
  await makeTimeline({ ...small, train: 1, val: 1, test: 1, out });
  writeFileSync(join(out, 'changes.json'), '{"studies": []}');
  const { problems } = await checkDataset(out, { decodeImages: false });
  expect(problems.map(({ message }) => message).join()).toMatch(/changes\.json: studies: expected record/);
});
