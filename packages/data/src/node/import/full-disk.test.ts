import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodePng } from '../decode';
import { openDataset } from '../read';
import { importIuXray } from './published-imports';

const dir = mkdtempSync(join(tmpdir(), 'raca-full-'));
const small = join(dir, 'small');
mkdirSync(small);
/** A disk of 1 MB in memory, where the system lets us make one. */
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small]).status === 0;
afterAll(() => {
  if (mounted) spawnSync('umount', [small]);
  rmSync(dir, { recursive: true, force: true });
});

const STUDIES = 12;
const from = join(dir, 'from');
beforeAll(async () => {
  mkdirSync(from);
  const png = await encodePng({ width: 256, height: 256, channels: 1, data: randomBytes(65536) });
  for (let n = 1; n <= STUDIES; n++) {
    const ids = [`CXR${n}_IM-${n}00-1001`, `CXR${n}_IM-${n}00-2001`];
    const images = ids.map((id) => `<parentImage id="${id}"/>`).join('');
    writeFileSync(
      join(from, `${n}.xml`),
      `<eCitation><uId id="CXR${n}"/><MedlineCitation><Article><Abstract><AbstractText Label="FINDINGS">Clear.</AbstractText></Abstract></Article></MedlineCitation>${images}</eCitation>`,
    );
    for (const id of ids) writeFileSync(join(from, `${id}.png`), png);
  }
});

it.skipIf(!mounted)('a full disk stops an import, and is no fault of any image', async () => {
  const out = join(small, 'set');
  await expect(importIuXray({ from: [from], out })).rejects.toThrow(
    /^[^\n]+no space left on the disk \(ENOSPC\)$/,
  );
  expect(existsSync(out)).toBe(false);
  await expect(importIuXray({ from: [from], out })).rejects.toThrow('ENOSPC');
  spawnSync('mount', ['-o', 'remount,size=16m', small]);
  const { manifest } = await importIuXray({ from: [from], out });
  expect(manifest.imageFiles?.files).toBe(2 * STUDIES);
  const { train, val, test } = openDataset(out).annotation;
  expect(train.length + val.length + test.length).toBe(STUDIES);
  expect(readdirSync(small)).toEqual(['set']);
});
