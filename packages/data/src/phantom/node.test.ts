import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseRegionTruth } from '../dataset';
import { checkDataset } from '../node/check';
import { openDataset } from '../node/read';
import { CLASSES } from './labels';
import { drawForReports, makePhantom } from './node';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'phantom-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const small = { train: 18, val: 2, test: 3, size: 32, seed: 4 };

/** sha256 over names and bytes of all files of a folder. */
function hashOf(folder: string): string {
  const hash = createHash('sha256');
  const walk = (path: string): void => {
    for (const name of readdirSync(path).sort()) {
      const child = join(path, name);
      if (statSync(child).isDirectory()) walk(child);
      else hash.update(name).update(readFileSync(child));
    }
  };
  walk(folder);
  return hash.digest('hex');
}

it('writes a folder that opens without a complaint, with the truth beside it', async () => {
  const out = join(dir, 'set');
  const seen: number[] = [];
  const result = await makePhantom({ ...small, out, onProgress: (done) => seen.push(done) });
  expect(result).toEqual({ dir: out, reused: false, counts: { train: 18, val: 2, test: 3 } });
  expect(seen.at(-1)).toBe(23);
  const { annotation, manifest, regions, warnings } = openDataset(out);
  expect(warnings).toEqual([]);
  expect(annotation.train.length).toBe(18);
  expect(annotation.test[0].image_path.length).toBe(2);
  expect(manifest!.source).toBe('phantom');
  expect(manifest!.notice).toMatch(/not for clinical use/i);
  const { id } = annotation.test[0];
  expect(regions!.studies[id].length).toBe(2);
  expect(regions!.studies[id][0].Heart!.length).toBe(49);
  const raw = JSON.parse(readFileSync(join(out, 'regions.json'), 'utf8'));
  expect(parseRegionTruth(raw)).toBeTruthy();
  expect(raw.labels[id].length).toBe(CLASSES.length);
  const { problems } = await checkDataset(out);
  expect(problems.filter(({ message }) => !/tiny: 46 images/.test(message))).toEqual([]);
});

it('gives the same bytes for the same seed, whatever the number of threads', async () => {
  await makePhantom({ ...small, out: join(dir, 'a'), workers: 1 });
  await makePhantom({ ...small, out: join(dir, 'b'), workers: 2 });
  await makePhantom({ ...small, out: join(dir, 'c'), workers: 2, seed: 5 });
  expect(hashOf(join(dir, 'b'))).toBe(hashOf(join(dir, 'a')));
  expect(hashOf(join(dir, 'c'))).not.toBe(hashOf(join(dir, 'a')));
});

it('reuses a complete folder of the same options and replaces another only when asked', async () => {
  const out = join(dir, 'set');
  const tiny = { ...small, train: 1, val: 1, test: 1, out };
  await makePhantom(tiny);
  const before = statSync(join(out, 'annotation.json')).mtimeMs;
  expect((await makePhantom(tiny)).reused).toBe(true);
  expect(statSync(join(out, 'annotation.json')).mtimeMs).toBe(before);
  await expect(makePhantom({ ...tiny, seed: 9 })).rejects.toThrow(
    /set: expected a missing or empty folder, found a phantom of other options/,
  );
  expect((await makePhantom({ ...tiny, seed: 9, overwrite: true })).reused).toBe(false);
  expect(readdirSync(dir)).toEqual(['set']);
});

it('leaves foreign folders alone, and nothing behind when stopped', async () => {
  const foreign = join(dir, 'mine');
  mkdirSync(foreign);
  writeFileSync(join(foreign, 'notes.txt'), 'keep');
  await expect(makePhantom({ ...small, out: foreign, overwrite: true })).rejects.toThrow(/found other files/);
  expect(readFileSync(join(foreign, 'notes.txt'), 'utf8')).toBe('keep');
  const stop = new AbortController();
  const out = join(dir, 'stopped');
  await expect(
    makePhantom({ ...small, out, workers: 1, signal: stop.signal, onProgress: () => stop.abort() }),
  ).rejects.toThrow(/abort/i);
  expect(readdirSync(dir)).toEqual(['mine']);
  mkdirSync(join(dir, '.later.999999999.0123456789ab.partial')); // of a killed process
  await makePhantom({ ...small, train: 1, out: join(dir, 'later') });
  expect(readdirSync(dir).sort()).toEqual(['later', 'mine']);
});

it('names the option that is out of range', async () => {
  const out = join(dir, 'set');
  await expect(makePhantom({ out, size: 8 })).rejects.toThrow(
    'phantom: size must be a whole number from 16 to 2048, got 8',
  );
  await expect(makePhantom({ out, train: -1 })).rejects.toThrow(/train must be/);
  expect(existsSync(out)).toBe(false);
});

it('draws images for real reports: codes where known, else text', async () => {
  const study = (id: string, report: string, split: string) => ({
    id,
    report,
    image_path: [`${id}/0.png`],
    split,
  });
  const annotation = {
    train: [study('A', 'Enlarged heart.', 'train')],
    val: [study('B', 'Large right pleural effusion. No pneumothorax.', 'val')],
    test: [study('C', 'The lungs are clear. Heart size is normal.', 'test')],
  };
  writeFileSync(join(dir, 'annotation.json'), JSON.stringify(annotation));
  const coded = { r2gen_id: 'A', mesh_major: ['Cardiomegaly/severe', 'Nodule/lung/upper lobe/left'] };
  writeFileSync(join(dir, 'reports.jsonl'), `${JSON.stringify(coded)}\n`);
  const out = join(dir, 'drawn');
  await drawForReports({ reports: dir, out, size: 32 });
  const set = openDataset(out);
  expect(set.annotation.train[0].report).toBe('Enlarged heart.');
  expect(set.annotation.val[0].image_path).toEqual(['B/0.png', 'B/1.png']);
  expect(set.annotation.test[0].sentence_regions).toEqual({ S1: ['Lung fields'], S2: ['Heart'] });
  expect(set.manifest!.inputs!['reports.jsonl']).toMatch(/^[0-9a-f]{64}$/);
  const { labels } = JSON.parse(readFileSync(join(out, 'regions.json'), 'utf8'));
  const positives = (id: string) => CLASSES.filter((_, k) => labels[id][k] === 1);
  expect(positives('A')).toEqual(['Cardiomegaly', 'Lung Lesion']);
  expect(positives('B')).toEqual(['Pleural Effusion']);
  expect(positives('C')).toEqual(['No Finding']);
  writeFileSync(join(dir, 'reports.jsonl'), '{"r2gen_id": "A"\n');
  await expect(drawForReports({ reports: dir, out: join(dir, 'other') })).rejects.toThrow(
    /reports\.jsonl: line 1: expected JSON/,
  );
});
