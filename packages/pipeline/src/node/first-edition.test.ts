import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@raca/backend/node';
import { encodePng } from '@raca/data/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { generateFromFiles } from './generate-files';
import { loadRun } from './load-run';

// Trained and written by commit d1ff836, before the contracts' second edition, on the backend cpu.
const folder = fileURLToPath(new URL('testing/run-of-first-edition', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'raca-first-edition-'));
beforeAll(async () => {
  await useBackend({ prefer: ['cpu'] });
});
afterAll(() => rmSync(dir, { recursive: true }));

interface Written {
  readonly images: readonly number[];
  readonly report: string;
  readonly score: number;
  readonly masks: string;
}

it('a run folder of the first edition loads, and writes the reports that it wrote then', async () => {
  const files: string[] = [];
  for (const k of [3, 7, 11]) {
    const data = Uint8Array.from({ length: 40 * 40 }, (_, i) => (i * k + (i >> 3) * (k + 4)) % 256);
    const file = join(dir, `${k}.png`);
    writeFileSync(file, await encodePng({ width: 40, height: 40, channels: 1, data }));
    files.push(file);
  }
  const loaded = loadRun(folder);
  const written = JSON.parse(readFileSync(join(folder, 'reports.json'), 'utf8')) as Written[];
  for (const { images, report: text, score: then, masks: chosen } of written) {
    const { report, score, masks } = await generateFromFiles(
      loaded,
      images.map((i) => files[i]),
    );
    expect(report).toBe(text);
    expect(score).toBeCloseTo(then, 4); // engines may round exp differently
    expect(masks.join('')).toBe(chosen);
  }
  loaded.model.dispose();
});
