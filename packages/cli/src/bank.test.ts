import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bankOf } from '@raca/context';
import { readBank, writeBank } from '@raca/context/node';
import { readAnnotation } from '@raca/data/node';
import { RunFolder } from '@raca/pipeline/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCommand } from './testing/run-command';
import { jsonFile, smallPhantom, smallRunConfig } from './testing/small-run';

const root = mkdtempSync(join(tmpdir(), 'raca-bank-'));
const at = (name: string) => join(root, name);
const onData = (command: string, ...more: string[]) =>
  runCommand(command, '--data', at('phantom'), '--backend', 'wasm', ...more);
const layers = { heads: 2, feedForward: 16, layers: 1, dropout: 0.1 };
/** What changes against the run `base` for a model that looks at similar cases; the bank lies beside the file. */
const similar = (bank: string, model: object = {}) => ({
  base: 'base',
  model: { context: { use: 'similar-cases', config: { ...layers, neighbours: 2, bank } }, ...model },
});

beforeAll(async () => {
  await smallPhantom(at('phantom'));
  const config = jsonFile(at('base.json'), smallRunConfig({ epochs: 1 }));
  expect((await onData('train', '--out', at('base'), '--config', config)).code).toBe(0);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('holds all studies, the training reports alone, in the words of the run', async () => {
  const { code, stdout } = await onData('bank', '--run', at('base'), '--out', at('cases'), '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ studies: 36, reports: 24, width: 16, leftOut: [] });
  expect(readdirSync(at('cases')).sort()).toEqual(['bank.json', 'bank.safetensors']);
  const bank = readBank(at('cases'));
  const { train, val, test } = readAnnotation(join(at('phantom'), 'annotation.json'));
  expect(bank.ids).toEqual([...train, ...val, ...test].map(({ id }) => id));
  expect(bank.ids.filter((_, i) => bank.reports[i] === null)).toEqual([...val, ...test].map(({ id }) => id));
  expect(bank.words).toEqual(new RunFolder(at('base')).readTokenizer().words);
  const told = [...bank.reports[0]!].map((id) => bank.words![id - 1]);
  const said = train[0].report.toLowerCase().match(/[a-z]+|\./g)!;
  expect(told.map((word, i) => word === said[i] || word === '<unk>')).not.toContain(false);
  expect(told).toHaveLength(said.length);
  expect(new Set(bank.groups).size).toBe(36); // nobody knows the patients
});

it('trains, evaluates and writes with a bank; the run names it relative to itself', async () => {
  const config = jsonFile(at('similar.json'), similar('cases'));
  expect((await onData('train', '--out', at('run'), '--config', config)).code).toBe(0);
  const { model } = JSON.parse(readFileSync(at('run/config.json'), 'utf8'));
  expect(model.context.config.bank).toBe('../cases');
  expect(readFileSync(at('run/context-vocab.json'), 'utf8')).toContain('"<unk>"');
  const { bank } = new RunFolder(at('run')).readFacts();
  expect(bank).toEqual({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect((await onData('evaluate', '--run', at('run'))).code).toBe(0);
  const own = await onData('generate', '--run', at('run'), '--out', at('reports'));
  expect([own.code, own.errors[0]]).toEqual([0, '6 studies, 12 images']);
  const picture = join(at('phantom'), 'images', 'phantom-test-00000', '0.png');
  const stranger = await runCommand('generate', '--run', at('run'), '--images', picture, '--backend', 'wasm');
  expect(stranger.code).toBe(0); // asks with what its own picture shows
}, 120_000);

it('asks as the studies that the bank knows, in training and in use', async () => {
  // vectors of another width: a study that is not looked up by its id fails
  const wide = { width: 8, context: null, backbone: smallRunConfig().model.backbone };
  const other = jsonFile(at('narrow.json'), { base: 'base', model: wide });
  expect((await onData('train', '--out', at('narrow'), '--config', other)).code).toBe(0);
  expect((await onData('bank', '--run', at('narrow'), '--out', at('narrow-cases'))).code).toBe(0);
  const config = jsonFile(at('by-id.json'), similar('narrow-cases'));
  const trained = await onData('train', '--out', at('by-id'), '--config', config);
  expect([trained.code, trained.errors.filter((line) => line.startsWith('raca:'))]).toEqual([0, []]);
  expect((await onData('evaluate', '--run', at('by-id'))).code).toBe(0);
  const own = await onData('generate', '--run', at('by-id'), '--out', at('by-id-reports'));
  expect([own.code, own.errors[0]]).toEqual([0, '6 studies, 12 images']);
}, 120_000);

it('says in one line what does not fit', async () => {
  const failing = async (...argv: Parameters<typeof onData>) => {
    const { code, errors } = await onData(...argv);
    expect([code, errors.length]).toEqual([1, 1]);
    return errors[0];
  };
  expect(await failing('bank', '--run', at('base'), '--out', at('cases'))).toMatch(
    /cases: holds a bank already/,
  );
  expect(await failing('bank', '--run', at('base'), '--out', at('x'), '--features', at('cases'))).toMatch(
    /the model has a backbone/,
  );
  const trainOn = (bank: string) =>
    failing('train', '--out', at('no'), '--config', jsonFile(at('no.json'), similar(bank)));
  expect(await trainOn('phantom')).toMatch(/^raca: model\.context\.config\.bank: .*phantom.bank\.json: /);
  const { vectors, ids, reports, words } = readBank(at('cases'));
  const told = reports.map((report) => report ?? Int32Array.of(1));
  writeBank(at('told'), bankOf(vectors, ids, told, { words }));
  expect(await trainOn('told')).toMatch(
    /told: expected no report of a validation or test study, found that of /,
  );
  writeBank(at('wordless'), bankOf(vectors, ids, reports));
  expect(await trainOn('wordless')).toMatch(/bank\.json: expected words of the reports, found none$/);
  const nameless = jsonFile(at('nameless.json'), {
    base: 'base',
    model: { context: { use: 'similar-cases', config: layers } },
  });
  expect(await failing('train', '--out', at('no'), '--config', nameless)).toMatch(
    /^raca: model\.context \(similar-cases\): bank: /,
  );
  cpSync(at('run'), at('moved'), { recursive: true });
  rmSync(at('cases'), { recursive: true });
  writeBank(at('cases'), bankOf(vectors, ids, reports, { words }));
  for (const [command, ...more] of [
    ['evaluate', '--run', at('run')],
    ['train', '--out', at('moved'), '--resume', '--epochs', '2'],
  ] as const)
    expect(await failing(command, ...more)).toMatch(/cases: expected the bank that .* was trained with/);
}, 120_000);
