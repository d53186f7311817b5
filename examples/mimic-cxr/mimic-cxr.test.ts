import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Random } from '@raca/core/random';
import { encodePng } from '@raca/data/node';
import { RunFolder } from '@raca/pipeline/node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { mimicJob } from './job.mjs';

const root = mkdtempSync(join(tmpdir(), 'mimic-cxr-'));
const tree = join(root, 'mimic');
const out = join(root, 'out');
afterAll(() => rmSync(root, { recursive: true, force: true }));

const put = (path: string, content: string | Uint8Array): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
};

/** A made-up folder in MIMIC-CXR's form: reports, tables, an image a study. Nothing in it is of the real set. */
async function madeUp(): Promise<void> {
  const random = new Random(1);
  const metadata = ['dicom_id,subject_id,study_id,ViewPosition,StudyDate,StudyTime'];
  const split = ['dicom_id,study_id,subject_id,split'];
  for (let i = 0; i < 20; i++) {
    const [subject, study] = [10000001 + i, 50000001 + i];
    const folder = join(tree, 'files', 'p10', `p${subject}`);
    const text = i % 2 ? 'The lungs are clear. No pleural effusion.' : 'There is a left pleural effusion.';
    put(join(folder, `s${study}.txt`), ` FINAL REPORT\n FINDINGS: ${text}\n\n IMPRESSION: As above.\n`);
    const id = `${study}`.padStart(40, '0').match(/.{8}/g)!.join('-');
    const data = Uint8Array.from({ length: 32 * 32 }, () => random.int(256));
    put(
      join(folder, `s${study}`, `${id}.png`),
      await encodePng({ width: 32, height: 32, channels: 1, data }),
    );
    metadata.push(`${id},${subject},${study},PA,21800101,80000.0`);
    split.push(`${id},${study},${subject},${i < 12 ? 'train' : i < 16 ? 'validate' : 'test'}`);
  }
  put(join(tree, 'mimic-cxr-2.0.0-metadata.csv'), `${metadata.join('\n')}\n`);
  put(join(tree, 'mimic-cxr-2.0.0-split.csv'), `${split.join('\n')}\n`);
}

const layers = { heads: 2, feedForward: 8, layers: 1 };
const tiny = {
  model: {
    width: 8,
    imageSize: 32,
    grid: { rows: 2, cols: 2 },
    backbone: { use: 'small-cnn', config: { stem: 4, channels: [4, 4, 4] } },
    vision: { config: layers },
    agent: { use: 'prior' },
    alignment: { config: { ...layers, projection: 4 } },
    fusion: { config: { attentionWidth: 4 } },
    decoder: { config: layers },
  },
  training: { epochs: 1, batchSize: 6, wordThreshold: 1, augmentation: { shortSide: 36 } },
};

describe('mimicJob', () => {
  beforeAll(madeUp);

  it('goes from a folder in MIMIC-CXR’s form to scores, and goes on from there', async () => {
    const spies = (['log', 'error'] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation(() => {}),
    );
    const job = { from: [tree], out, changes: tiny, argv: ['--backend', 'wasm'] };
    expect(await mimicJob(job), String(spies[1].mock.calls)).toBe(0);
    const run = new RunFolder(join(out, 'run'));
    expect(run.readConfig()).toMatchObject({
      model: { views: 1, maxLength: 100, agent: { use: 'prior' } },
      training: { cleaning: 'mimic_cxr', wordThreshold: 1 },
    });
    const reports = readFileSync(run.path('reports.csv'), 'utf8');
    expect(reports).toContain('there is a left pleural effusion .');
    expect(reports).not.toContain('as above'); // findings only
    expect(reports.trim().split('\n')).toHaveLength(1 + 4);
    expect(existsSync(run.path('report.html'))).toBe(true);
    expect(await mimicJob({ ...job, from: undefined, data: join(out, 'data') })).toBe(0);
    expect(await mimicJob({ ...job, from: [join(root, 'nowhere')], out: join(root, 'other') })).toBe(1);
    for (const spy of spies) spy.mockRestore();
  });
});
