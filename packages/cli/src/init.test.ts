import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunFolder } from '@raca/pipeline/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from './testing/run-command';
import { jsonFile, smallPhantom, smallRunConfig } from './testing/small-run';

const root = mkdtempSync(join(tmpdir(), 'raca-init-'));
const data = join(root, 'phantom');
const first = new RunFolder(join(root, 'first'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const train = (out: string, ...more: string[]) =>
  runCommand('train', '--data', data, '--out', join(root, out), '--backend', 'wasm', ...more);
const changes = (name: string, value: object) => jsonFile(join(root, `${name}.json`), value);

describe('raca train --init', () => {
  beforeAll(async () => {
    await smallPhantom(data);
    const { model, training } = smallRunConfig({ epochs: 1 });
    const config = changes('first', { model: { ...model, agent: null }, training });
    expect((await train('first', '--config', config)).code).toBe(0);
  });

  it('starts from weights and vocabulary of a run, and trains on a reward', async () => {
    const rewarded = {
      training: { selection: 'reward', selfCritical: { reward: 'cider', samples: 2, baseline: 'others' } },
    };
    const { code, errors } = await train(
      'second',
      '--init',
      first.dir,
      '--config',
      changes('rewarded', rewarded),
    );
    expect(code, errors.join('\n')).toBe(0);
    const second = new RunFolder(join(root, 'second'));
    expect(readFileSync(second.path('vocab.json'))).toEqual(readFileSync(first.path('vocab.json')));
    expect(second.readConfig().model).toEqual(first.readConfig().model);
    const [start, ...lines] = second.readMetrics();
    const validated = first.readMetrics().at(-1)!;
    expect(start).toMatchObject({
      kind: 'val',
      epoch: 0,
      step: 0,
      loss: validated.loss,
      bleu4: validated.bleu4,
    });
    const steps = lines.filter(({ kind }) => kind === 'train');
    expect(steps).toHaveLength(6);
    for (const line of steps) expect(line['selfCritical/reward']).toBeTypeOf('number');
    expect(lines.at(-1)!.reward).toBeTypeOf('number');
    expect(JSON.parse(readFileSync(second.path('run.json'), 'utf8')).init.weights).toMatch(/^[0-9a-f]{64}$/);
    expect((await train('second', '--resume')).code).toBe(0); // finished: nothing is done again
    expect(second.readMetrics()).toHaveLength(lines.length + 1);
  });

  it('keeps the weights it started from unless an epoch is better', async () => {
    const still = { backbone: 0, vision: 0, text: 0, rest: 0 };
    const frozen = changes('frozen', { training: { learningRates: still } });
    expect((await train('third', '--init', first.dir, '--config', frozen, '--epochs', '1')).code).toBe(0);
    const third = new RunFolder(join(root, 'third'));
    const [start, ...later] = third.readMetrics();
    expect(later.at(-1)!.bleu4).toBe(start.bleu4); // nothing moved, so no epoch is better
    const [a, b] = [first, third].map((run) => readFileSync(run.path('weights.safetensors')));
    expect(a.equals(b)).toBe(true);
  });

  it.each([
    ['a model that does not fit', { model: { width: 8 } }, /weights\.safetensors: /],
    [
      'a score without a reward',
      { training: { selection: 'reward' } },
      /training\.selection: expected a selfCritical section/,
    ],
    [
      'a reward that is none',
      { training: { selfCritical: { reward: 'blue' } } },
      /training\.selfCritical\.reward: expected one of .*"blue"/,
    ],
  ])('refuses %s in one line', async (_, value, message) => {
    const { code, errors } = await train('other', '--init', first.dir, '--config', changes('wrong', value));
    expect([code, errors.length]).toEqual([1, 1]);
    expect(errors[0]).toMatch(message);
  });
});
