import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseSafetensors, Random } from '@raca/core';
import { readVocabulary } from '@raca/data/node';
import { RunFolder } from '@raca/pipeline/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonFile, smallPhantom, smallRunConfig } from './testing/small-run';

const command = fileURLToPath(new URL('../dist/raca.js', import.meta.url));
const dieAt = fileURLToPath(new URL('./testing/die-at.cjs', import.meta.url));
const built = existsSync(command);
if (!built) console.warn('skipped: packages/cli is not built, so there is no command to kill');

const STEPS = 30; // 24 studies, batches of 4, 5 epochs
const root = mkdtempSync(join(tmpdir(), 'raca-kill-'));
const data = join(root, 'phantom');
const out = join(root, 'killed');
let config: string;

/** How a life of the process ends. */
type End =
  | { readonly by: 'SIGKILL' | 'SIGINT' | 'SIGHUP'; readonly steps: number; readonly delay: number }
  | { readonly by: 'file'; readonly file: string; readonly nth: number; readonly moment: string }
  | null;

interface Life {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  /** Step numbers that were done. */
  readonly steps: readonly number[];
}

/** Runs `raca train` until it ends or is ended; a signal comes `delay` ms after so many steps of this life. */
function live(folder: string, end: End, ...more: string[]): Promise<Life> {
  const args = ['train', '--data', data, '--out', folder, '--config', config, '--save-every', '3', '--json'];
  const preload = end?.by === 'file' ? ['--require', dieAt] : [];
  const child = spawn(process.execPath, [...preload, command, ...args, '--backend', 'wasm', ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, RACA_DIE_AT: JSON.stringify(end) },
  });
  const steps: number[] = [];
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  createInterface(child.stdout).on('line', (line) => {
    const event = JSON.parse(line) as { kind: string; step: number };
    if (event.kind !== 'step') return;
    steps.push(event.step);
    if (end && end.by !== 'file' && steps.length === end.steps)
      setTimeout(() => child.kill(end.by), end.delay);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stderr, steps }));
  });
}

/** Every file that has its final name must be whole. */
function expectWhole(folder: string): void {
  const run = new RunFolder(folder);
  for (const name of readdirSync(folder).filter((file) => !file.endsWith('.tmp') && file !== '.lock')) {
    const bytes = readFileSync(join(folder, name));
    if (name === 'config.json') run.readConfig();
    else if (name === 'vocab.json') readVocabulary(join(folder, name));
    else if (name.endsWith('.json')) JSON.parse(bytes.toString());
    else if (name.endsWith('.safetensors'))
      expect(parseSafetensors(bytes, name).tensors.size).toBeGreaterThan(9);
    else expect(name).toBe('metrics.jsonl');
  }
}

const temporary = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.tmp'));

describe.skipIf(!built)('a training that is killed', () => {
  beforeAll(async () => {
    await smallPhantom(data);
    config = jsonFile(join(root, 'config.json'), smallRunConfig());
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('ends with the same weights as one that is not', async () => {
    const random = new Random(20);
    const whole = await live(join(root, 'whole'), null);
    expect(whole).toMatchObject({ code: 0, steps: Array.from({ length: STEPS }, (_, i) => i + 1) });

    const delay = () => random.int(30);
    const deaths: End[] = [
      { by: 'SIGKILL', steps: 1 + random.int(2), delay: 0 }, // before there is anything to resume from
      { by: 'file', file: 'optimizer.safetensors', nth: 2 + random.int(2), moment: 'write' },
      { by: 'file', file: 'weights.safetensors', nth: 1, moment: 'rename' },
      { by: 'SIGKILL', steps: 2 + random.int(4), delay: delay() },
      { by: 'file', file: 'optimizer.safetensors', nth: 1 + random.int(3), moment: 'renamed' },
    ];
    let last = 0;
    for (const death of deaths) {
      const life = await live(out, death, '--resume');
      expect(life.signal, `${JSON.stringify(death)}: ${life.stderr}`).toBe('SIGKILL');
      expectWhole(out);
      if (death?.by === 'file' && death.moment !== 'renamed') expect(temporary(out)).toHaveLength(1);
      last = Math.max(last, ...life.steps);
    }
    expect(last).toBeGreaterThan(6);
    expect(last).toBeLessThan(STEPS);

    const stopped = await live(out, { by: 'SIGINT', steps: 2, delay: delay() }, '--resume');
    expect(stopped.code, stopped.stderr).toBe(130);
    expect(stopped.stderr).toMatch(/go on with: raca train .*--resume/);
    expectWhole(out);
    expect(temporary(out)).toEqual([]);

    const closed = await live(out, { by: 'SIGHUP', steps: 2, delay: delay() }, '--resume'); // its terminal is gone
    expect(closed.code, closed.stderr).toBe(130);
    expect(closed.steps[0]).toBe(stopped.steps.at(-1)! + 1); // Ctrl-C loses no step

    const end = await live(out, null, '--resume');
    expect(end.code, end.stderr).toBe(0);
    expect(end.steps[0]).toBe(closed.steps.at(-1)! + 1);
    expect(end.steps.at(-1)).toBe(STEPS);
    expect(temporary(out)).toEqual([]);
    const names = readdirSync(out).sort();
    expect(names).toEqual(readdirSync(join(root, 'whole')).sort());
    for (const name of names.filter((file) => file !== 'run.json')) {
      const [a, b] = [out, join(root, 'whole')].map((folder) => readFileSync(join(folder, name)));
      expect(a.equals(b), `${name} differs`).toBe(true);
    }
  }, 240_000);
});
