import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { bareNumbers } from './bare-numbers';
import { runCommand } from './testing/run-command';

const dir = mkdtempSync(join(tmpdir(), 'raca-numbers-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const write = (name: string, text: string): string => {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
};

it('numbers, not texts with numbers', () => {
  expect(
    bareNumbers(['3', ' -0.71 ', '1,5', '12 %', '1e-5', '', 'nan', '2.5 cm nodule', '-', '1. Clear.']),
  ).toEqual([0, 1, 2, 3, 4]);
});

it('raca label and raca score ask whether the right column was read', async () => {
  const numbers = write('numbers.csv', 'id,report\na,0.5\nb,3\nc,Clear lungs.\n');
  const texts = write('texts.csv', 'id,report\na,Clear lungs.\nb,Effusion.\nc,Clear lungs.\n');
  const labelled = await runCommand('label', '--in', numbers, '--out', join(dir, 'labels.csv'));
  expect(labelled.code).toBe(0);
  expect(labelled.errors.join('\n')).toMatch(/2 of 3 reports are numbers only: was the right column read\?/);
  const scored = await runCommand(
    ...['score', '--references', texts, '--hypotheses', numbers, '--metrics', 'bleu', '--json'],
  );
  const { warnings } = JSON.parse(scored.stdout);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(
    /: 2 of 3 texts are numbers only; was the right column read\? \(first at id "a"\)/,
  );
});
