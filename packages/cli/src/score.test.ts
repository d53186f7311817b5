import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodePng, writeDataset } from '@raca/data/node';
import { afterAll, describe, expect, it } from 'vitest';
import { runCommand } from './testing/run-command';

const folder = fileURLToPath(new URL('../../../../shared/data/iu_predictions', import.meta.url));
const there = existsSync(folder);
if (!there) console.warn('skipped: the published predictions on IU X-ray are not beside the repository');

const root = mkdtempSync(join(tmpdir(), 'raca-score-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const NAMES = ['BLEU_1', 'BLEU_2', 'BLEU_3', 'BLEU_4', 'ROUGE_L', 'CIDEr'];

describe('raca score', () => {
  // Expected values: pycocoevalcap on the same two files.
  it.skipIf(!there)('equals the published numbers of 590 generated reports', async () => {
    const file = (name: string) => join(folder, name);
    const { code, stdout, errors } = await runCommand(
      'score',
      '--references',
      file('references_tokenised.csv'),
      '--hypotheses',
      file('cvt2distilgpt2_generated_tokenised.csv'),
      '--json',
    );
    expect(code).toBe(0);
    expect(errors).toEqual([expect.stringMatching(/306 of 590 texts are one and the same text/)]);
    const { corpus, perReport, facts, baselines } = JSON.parse(stdout);
    const expected = JSON.parse(readFileSync(file('expected_metrics.json'), 'utf8'));
    for (const name of NAMES) {
      const difference = Math.abs(corpus[name] - expected.computed_with_pycocoevalcap[name]);
      expect(difference, name).toBeLessThan(1e-6);
    }
    const each: Record<string, number | string>[] = JSON.parse(
      readFileSync(file('cvt2distilgpt2_per_report.json'), 'utf8'),
    );
    expect(perReport).toHaveLength(590);
    each.forEach((report, i) => {
      expect(perReport[i].id).toBe(report.id);
      for (const name of NAMES) {
        const difference = Math.abs(perReport[i].scores[name] - Number(report[name]));
        expect(difference, `${report.id} ${name}`).toBeLessThan(1e-5);
      }
    });
    // what the folder's notes tell: 4 distinct texts among 590
    expect(facts).toMatchObject({ count: 590, distinctHypotheses: 4 });
    expect(baselines.constant.corpus.BLEU_4).toBeGreaterThan(0.1);
  });

  it('matches rows by id, whatever their order, and prints a table', async () => {
    const write = (name: string, text: string) => {
      writeFileSync(join(root, name), text);
      return join(root, name);
    };
    const references = write(
      'r.csv',
      '\uFEFFid,report\na,"clear lungs , no effusion ."\nb,big heart today .\n',
    );
    const hypotheses = write('h.csv', 'report,id\nbig heart today .,b\n"clear lungs , no effusion .",a\n');
    const args = ['score', '--references', references, '--hypotheses', hypotheses];
    const json = JSON.parse((await runCommand(...args, '--json')).stdout);
    expect(json.corpus.BLEU_4).toBeCloseTo(1, 6);
    expect(json.corpus.ROUGE_L).toBeCloseTo(1, 6);
    const { stdout } = await runCommand(...args);
    expect(stdout).toMatch(/protocol full, 2 reports, 2 distinct texts/);
    expect(stdout).toMatch(/BLEU_4 ↑ .*1\.0000/);
  });

  it('takes the baselines from the training studies of a data set', async () => {
    const dir = join(root, 'set');
    // pictures by hand: the test study is bright below, as the second training study
    const picture = (top: number, bottom: number) => ({
      width: 32,
      height: 32,
      channels: 1,
      data: Uint8Array.from({ length: 1024 }, (_, k) => (k < 512 ? top : bottom)),
    });
    const study = (id: string, split: 'train' | 'val' | 'test', report: string) => ({
      id,
      split,
      report,
      image_path: [`${id}/0.png`],
    });
    const pictures = { t1: picture(200, 20), t2: picture(10, 220), v: picture(9, 140), q: picture(30, 180) };
    for (const [id, image] of Object.entries(pictures)) {
      mkdirSync(join(dir, 'images', id), { recursive: true });
      writeFileSync(join(dir, 'images', id, '0.png'), await encodePng(image));
    }
    writeDataset(
      dir,
      {
        train: [
          study('t1', 'train', 'The heart is enlarged.'),
          study('t2', 'train', 'Large pleural effusion.'),
        ],
        val: [study('v', 'val', 'Clear lungs.')],
        test: [study('q', 'test', 'Large pleural effusion.')],
      },
      { source: 'test', licence: 'none' },
    );
    const texts = join(root, 'q.csv');
    writeFileSync(texts, 'id,reference,generated\nq,large pleural effusion .,clear lungs .\n');
    const args = ['score', '--references', texts, '--hypotheses', texts, '--data', dir];
    const { baselines } = JSON.parse((await runCommand(...args, '--json')).stdout);
    expect(baselines.nearest.corpus.ROUGE_L).toBeCloseTo(1, 6);
    expect((await runCommand(...args)).stdout).toMatch(/system .* constant .* nearest/);
    const { code, errors } = await runCommand(...args, '--split', 'val');
    expect({ code, errors: errors.join() }).toMatchObject({ code: 1 });
    expect(errors.join()).toContain('expected id "q" in the val split, found none');
  });
});
