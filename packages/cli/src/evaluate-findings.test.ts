import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSafetensors, serializeSafetensors, toFloat32 } from '@raca/core';
import { readableSentences } from '@raca/data';
import { openDataset } from '@raca/data/node';
import { CHEXPERT_14, labelReport } from '@raca/metrics';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from './testing/run-command';
import { jsonFile, smallPhantom, smallRunConfig } from './testing/small-run';

const root = mkdtempSync(join(tmpdir(), 'raca-evaluate-findings-'));
const at = (name: string) => join(root, name);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const rate = 1e-2;
const small = smallRunConfig({
  epochs: 10,
  selection: 'bleu4',
  learningRates: { backbone: rate, text: rate, rest: rate },
});
const findings = {
  use: 'finding-head',
  config: { weights: 'balanced', adjustment: 'adaptive', states: 'thresholds' },
};
const parts = { agent: null, alignment: null, fusion: null, findings, maxLength: 30 };
const config = { ...small, model: { ...small.model, ...parts } };

const evaluate = (run: string, ...more: string[]) =>
  runCommand('evaluate', '--run', at(run), '--data', at('phantom'), '--backend', 'wasm', ...more);
const json = async (run: string, ...more: string[]) => {
  const { code, stdout, errors } = await evaluate(run, '--json', ...more);
  expect(code, errors.join('\n')).toBe(0);
  return JSON.parse(stdout);
};

beforeAll(async () => {
  await smallPhantom(at('phantom'));
  const argv = ['--out', at('run'), '--config', jsonFile(at('config.json'), config), '--backend', 'wasm'];
  const { code, errors } = await runCommand('train', '--data', at('phantom'), ...argv);
  expect(code, errors.join('\n')).toBe(0);
  // the same run without its calibration, as one of an earlier version
  cpSync(at('run'), at('bare'), { recursive: true });
  const path = join(at('bare'), 'weights.safetensors');
  const { tensors, metadata } = parseSafetensors(readFileSync(path));
  const { calibration, ...rest } = metadata;
  expect(calibration).toBeDefined();
  const plain = new Map([...tensors].map(([name, t]) => [name, { shape: t.shape, data: toFloat32(t) }]));
  writeFileSync(path, serializeSafetensors(plain, rest));
});

describe('raca evaluate with a finding head', () => {
  it('prints the classes, the head beside the reports, and calibration errors', async () => {
    const { code, stdout, errors } = await evaluate('run');
    expect(code, errors.join('\n')).toBe(0);
    expect(stdout).toContain(
      'by class: the reports, and the finding head by itself (thresholds from validation)',
    );
    for (const name of CHEXPERT_14)
      expect(stdout).toMatch(new RegExp(`│ ${name} +│ \\d+ +│ \\d+ +│ [01]\\.\\d{3}`));
    expect(stdout).toMatch(/expected calibration error of 84 findings: 0\.\d{3} before .*, 0\.\d{3} after/);
    expect(stdout).toMatch(/expected calibration error of \d+ sentences: 0\.\d{3} before .*, 0\.\d{3} after/);
    expect(stdout).toContain('validation fed training: findings.prior');
    const page = readFileSync(join(at('run'), 'report.html'), 'utf8');
    expect(page).toContain('<summary>By class</summary>');
    expect(page).toContain('validation fed training: findings.prior');
    expect(page.match(/Finding head, probabilities \(calibrated on validation\)/g)).toHaveLength(6);
    expect(page).toMatch(
      /<span class="sure" title="probability that what it affirms[^>]*>\d+\u00a0%<\/span>/,
    );
  });

  it('gives the same as JSON, with supports of the references', async () => {
    const { head, calibration, validationFeeds, systems } = await json('run');
    const { test } = openDataset(at('phantom')).annotation;
    expect(head.classes.map(({ finding }: { finding: string }) => finding)).toEqual(CHEXPERT_14);
    for (const { finding, support } of head.classes) {
      const counted = test.filter(({ report }) => labelReport(report)[finding as 'Edema'] === 1).length;
      expect(support, finding).toBe(counted);
      expect(systems[0].protocols.full.corpus[`clinical/support/${finding}`]).toBe(counted);
    }
    expect(head.thresholds).toBe('validation');
    expect(calibration.findings).toMatchObject({ count: 84, after: expect.any(Number) });
    expect(validationFeeds).toEqual(['findings.prior']);
    expect(systems).toHaveLength(4);
  });

  it('says what is not calibrated', async () => {
    const { stdout } = await evaluate('bare', '--without-baselines');
    expect(stdout).toContain('(from probability 0.5 on)');
    expect(stdout).toMatch(/of 84 findings: 0\.\d{3}, uncalibrated: the run holds no calibration/);
    const page = readFileSync(join(at('bare'), 'report.html'), 'utf8');
    expect(page).toContain('Finding head, probabilities (not calibrated)');
    expect(page).toMatch(/says nothing of being right">words 0\.\d\d/);
  });

  it('leaves out baselines and searches otherwise when asked', async () => {
    const greedy = await json('run', '--without-baselines', '--search', 'greedy');
    expect(greedy.systems.map(({ system }: { system: string }) => system)).toEqual(['model']);
    const one = await json('run', '--without-baselines', '--beam', '1');
    const [a, b] = [greedy, one].map(({ systems }) => systems[0].protocols.r2gen.perReport);
    expect(b).toEqual(a); // one beam is greedy search
    const scored = async (...more: string[]): Promise<string> => {
      await json('run', '--without-baselines', ...more);
      return readFileSync(join(at('run'), 'reports.csv'), 'utf8');
    };
    expect(await scored('--beam', '4')).toBe(await scored('--search', 'beam', '--beam', '4'));
    expect(await scored('--beam', '4')).not.toBe(await scored('--search', 'greedy'));
  });

  it('refuses beams without beam search', async () => {
    const wrong = await evaluate('run', '--search', 'greedy', '--beam', '3');
    expect([wrong.code, wrong.errors]).toEqual([
      2,
      ['raca: --beam: expected beam search with it, found --search greedy'],
    ]);
    expect((await evaluate('run', '--beam', '100000')).errors[0]).toMatch(
      /--beam: expected at most \d+ beams/,
    );
  });
});

describe('raca generate with a finding head', () => {
  const generate = async (run: string, out: string) => {
    const argv = ['--run', at(run), '--data', at('phantom'), '--out', at(out), '--backend', 'wasm'];
    const { code, errors } = await runCommand('generate', ...argv);
    expect(code, errors.join('\n')).toBe(0);
    return readFileSync(join(at(out), 'reports.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  };

  it('writes how sure it is of each sentence and finding', async () => {
    const rows = await generate('run', 'sure');
    expect(rows).toHaveLength(6);
    for (const { report, score, confidence } of rows) {
      const { sentences, findings, calibrated } = confidence;
      expect(calibrated).toEqual({ sentences: true, findings: true });
      expect(sentences).toHaveLength(readableSentences(report).length);
      expect(findings.map(({ finding }: { finding: string }) => finding)).toEqual(CHEXPERT_14);
      for (const { probability } of findings) expect(probability > 0 && probability < 1).toBe(true);
      // words of all sentences together: the report's score, its end apart
      const logs = sentences.map(({ word }: { word: number }) => Math.log(word));
      expect(Math.max(...logs)).toBeLessThanOrEqual(0);
      expect(score).toBeLessThan(0);
    }
    const told = rows.flatMap(({ confidence }) => confidence.sentences).filter(({ right }) => right !== null);
    expect(told.length).toBeGreaterThan(0);
    expect(readFileSync(join(at('sure'), 'report.html'), 'utf8')).toContain('(calibrated on validation)');
  });

  it('says nothing of being right without calibration', async () => {
    const rows = await generate('bare', 'unsure');
    for (const { confidence } of rows) {
      expect(confidence.calibrated).toEqual({ sentences: false, findings: false });
      for (const { right } of confidence.sentences) expect(right).toBeNull();
    }
    expect(readFileSync(join(at('unsure'), 'report.html'), 'utf8')).toContain('(not calibrated)');
  });
});
