import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main as raca } from '@raca/cli';
import { contextOf, studyLookup, viewKindsOf } from '@raca/data';
import { encodePng, openDataset } from '@raca/data/node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const module = join(dirname(fileURLToPath(import.meta.url)), 'hospital.mjs');

let dir: string;
const at = (...names: string[]) => join(dir, ...names);
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'own-source-'));
  mkdirSync(at('hospital'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(dir, { recursive: true, force: true });
});

/** A made-up chest of 48 x 56 pixels: dark lungs in a bright body. */
async function picture(visit: string): Promise<void> {
  const data = Uint8Array.from({ length: 48 * 56 }, (_, i) => {
    const [x, y] = [(i % 48) - 24, Math.floor(i / 48) - 28];
    return Math.abs(Math.abs(x) - 11) < 8 && Math.abs(y) < 20 ? 30 + ((i * 7) % 40) : 150 + ((i * 13) % 90);
  });
  writeFileSync(
    at('hospital', `${visit}.png`),
    await encodePng({ width: 48, height: 56, channels: 1, data }),
  );
}

async function importWith(file: string): Promise<{ code: number; lines: string[] }> {
  const lines: string[] = [];
  for (const name of ['log', 'error'] as const)
    vi.spyOn(console, name).mockImplementation((line) => void lines.push(String(line)));
  const shares = ['--shares', '1,0,0'];
  const code = await raca([
    'data',
    'import',
    'own',
    file,
    '--from',
    at('hospital'),
    '--out',
    at('out'),
    ...shares,
  ]);
  return { code, lines };
}

describe('a data set in one file', () => {
  it('is imported with its losses, days, earlier visits and views', async () => {
    writeFileSync(
      at('hospital', 'visits.tsv'),
      'visit\tperson\ttaken\tquestion\treport\n' +
        'v2\tp1\t2026-03-11\tCough.\tSmall effusion.\nv1\tp1\t2026-03-01\t\tClear lungs.\n' +
        'v3\tp2\t2026-03-02\tPain.\tpending\nv4\tp2\t2026-03-04\tPain.\tLarge heart.\n',
    );
    for (const name of ['v1-pa', 'v2-pa', 'v2-lat']) await picture(name);
    const { code, lines } = await importWith(module);
    expect(code, lines.join('\n')).toBe(0);
    expect(readFileSync(at('out/dropped.csv'), 'utf8').trim().split('\n').slice(1)).toEqual([
      'v3,read,report not signed yet: 2026-03-02',
      'v4,images a study: all,no image',
    ]);
    const { annotation, manifest } = openDataset(at('out'));
    expect(manifest).toMatchObject({ source: 'a made-up hospital', access: 'open' });
    const [second, first] = annotation.train;
    expect(second).toMatchObject({ id: 'v2', day: 10, prior_study: 'v1', subject_id: 'p1' });
    expect(viewKindsOf(second)).toEqual(['frontal', 'lateral']);
    const lookup = studyLookup(annotation);
    expect(contextOf(second, lookup)).toEqual({ indication: 'cough .', priorReport: 'clear lungs .' });
    expect(contextOf(first, lookup)).toEqual({});
    expect((await importWith(module)).lines.join()).toMatch(/there already/);
  });

  it('is another import once its file has changed, and tells of a file that is no source', async () => {
    writeFileSync(
      at('hospital', 'visits.tsv'),
      'visit\tperson\ttaken\tquestion\treport\nv1\tp\t2026-01-01\t\tClear.\n',
    );
    await picture('v1-pa');
    const copy = at('hospital.mjs');
    writeFileSync(copy, readFileSync(module));
    expect((await importWith(copy)).code).toBe(0);
    writeFileSync(copy, readFileSync(module, 'utf8').replace('CC0 1.0', 'CC BY 4.0'));
    const changed = await importWith(copy);
    expect([changed.code, changed.lines.at(-1)]).toEqual([
      1,
      expect.stringMatching(/an import of other options/),
    ]);
    const none = at('none.mjs');
    writeFileSync(none, 'export default { name: "x", about: { source: "y" } };');
    const refused = await importWith(none);
    expect(refused.code).toBe(1);
    expect(refused.lines.at(-1)).toMatch(
      /none\.mjs: default export: about\.licence: expected string, found nothing/,
    );
    expect((await importWith(at('missing.mjs'))).lines.at(-1)).toMatch(
      /missing\.mjs: expected a module, found nothing/,
    );
  });
});
