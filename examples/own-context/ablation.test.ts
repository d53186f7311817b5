import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main as raca } from '@raca/cli';
import { makeTimeline } from '@raca/data/node';
import { expect, it, vi } from 'vitest';

it('stands in an ablation by its path', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'own-context-'));
  try {
    const data = join(folder, 'timeline');
    await makeTimeline({
      out: data,
      train: 10,
      val: 3,
      test: 3,
      size: 16,
      rows: 2,
      cols: 2,
      seed: 3,
      workers: 0,
    });
    const grid = fileURLToPath(new URL('ablation.yaml', import.meta.url));
    const flags = ['--config', grid, '--data', data, '--out', join(folder, 'table'), '--seeds', '1'];
    vi.spyOn(console, 'log').mockImplementation(() => {});
    vi.spyOn(console, 'error').mockImplementation(() => {});
    expect(await raca(['ablate', ...flags, '--backend', 'wasm'])).toBe(0);
    vi.restoreAllMocks();
    const table = readFileSync(join(folder, 'table', 'table.md'), 'utf8');
    for (const row of ['pictures alone', 'own', 'ours']) expect(table).toContain(row);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 240_000);
