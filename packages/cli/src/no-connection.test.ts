import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from './testing/run-command';
import { jsonFile, smallPhantom, smallRunConfig } from './testing/small-run';

const SEND = '--send-credentialed-text-to-this-server';
const watcher = fileURLToPath(new URL('./testing/watch-network.cjs', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'raca-network-'));
const log = join(root, 'connections');
const data = join(root, 'data');
const at = (name: string): string => join(root, name);
const { NODE_OPTIONS } = process.env;

beforeAll(async () => {
  process.env.RACA_CONNECTIONS = log;
  process.env.NODE_OPTIONS = `${NODE_OPTIONS ?? ''} --require ${watcher}`; // for the processes of raca ablate
  createRequire(import.meta.url)(watcher);
  await smallPhantom(at('phantom'));
  mkdirSync(data);
  cpSync(join(at('phantom'), 'images'), join(data, 'images'), { recursive: true });
  cpSync(join(at('phantom'), 'annotation.json'), join(data, 'annotation.json'));
});
afterAll(() => {
  if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS;
  else process.env.NODE_OPTIONS = NODE_OPTIONS;
  rmSync(root, { recursive: true, force: true });
});
beforeEach(() => rmSync(log, { force: true }));

/** What left the machine, or would have. */
const left = (): string[] => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []);
function mark(manifest: unknown): void {
  rmSync(join(data, 'manifest.json'), { force: true });
  if (manifest !== undefined)
    writeFileSync(
      join(data, 'manifest.json'),
      typeof manifest === 'string' ? manifest : JSON.stringify(manifest),
    );
}
const annotate = (address: string, ...more: string[]) =>
  runCommand(
    ...['annotate', '--data', data, '--provider', 'openai', '--base-url', address, '--model', 'made-up'],
    ...['--again', '--attempts', '1', '--retry-wait', '1', ...more],
  );

const OPEN = { source: 'a hospital', licence: 'CC0', access: 'open' };
/** Every way to mark a folder, or to fail to, that does not say that its text is open. */
const GUARDED: readonly [string, unknown][] = [
  ['no manifest', undefined],
  ['an empty manifest', ''],
  ['a manifest that is no JSON', '{'],
  ['a manifest that is a list', []],
  ['no access', { ...OPEN, access: undefined }],
  ['access null', { ...OPEN, access: null }],
  ['access in capitals', { ...OPEN, access: 'OPEN' }],
  ['access true', { ...OPEN, access: true }],
  ['access behind the prototype', '{"source": "x", "licence": "y", "__proto__": {"access": "open"}}'],
  ['credentialed', { ...OPEN, access: 'credentialed' }],
  ['PhysioNet in the licence', { ...OPEN, licence: 'PhysioNet Credentialed Health Data License 1.5.0' }],
  ['PhysioNet in two words', { ...OPEN, licence: 'Physio Net' }],
  ['MIMIC in the source', { ...OPEN, source: 'MIMIC-CXR, made by me' }],
  ['mimic in small letters', { ...OPEN, source: 'r2gen mimic_cxr' }],
  ['cleaned as MIMIC', { ...OPEN, cleaning: 'mimic_cxr' }],
  ['no source', { licence: 'CC0', access: 'open' }],
];
/** Other machines, in the spellings that an address allows. */
const ELSEWHERE = [
  'http://192.0.2.1/v1',
  'https://example.org/v1',
  'http://10.0.0.5:8000/v1',
  'http://localhost.example.org/v1',
  'http://127.0.0.1.example.org/v1',
  'http://127.0.0.1@example.org/v1',
  'http://[2001:db8::1]/v1',
  'http://0.0.0.0:8000/v1',
];

describe('the text of a data set that nothing says is open', () => {
  it.each(GUARDED)('stays here: %s', async (_, manifest) => {
    mark(manifest);
    for (const address of ELSEWHERE) {
      for (const more of [[], ['--cleaning', 'iu_xray'], ['--cleaning', 'mimic_cxr']]) {
        const { code, errors } = await annotate(address, ...more);
        expect([1, 2], errors.join()).toContain(code);
      }
    }
    expect(left()).toEqual([]);
  });

  it('may go where the flag says so, and open text anywhere', async () => {
    mark({ ...OPEN, access: 'credentialed' });
    await annotate('http://192.0.2.1/v1', SEND);
    expect(new Set(left())).toEqual(new Set(['connect 192.0.2.1'])); // the spy sees what there is to see
    rmSync(log);
    mark(OPEN);
    await annotate('http://192.0.2.1/v1');
    expect(new Set(left())).toEqual(new Set(['connect 192.0.2.1']));
  });
});

it('no other command connects to anything', async () => {
  mark({ ...OPEN, access: 'credentialed' });
  const [config, run] = [jsonFile(at('config.json'), smallRunConfig({ epochs: 1 })), at('run')];
  const grid = jsonFile(at('grid.json'), { base: smallRunConfig({ epochs: 1 }), data, rows: { whole: {} } });
  const wasm = ['--backend', 'wasm'];
  const table = at('table.csv');
  writeFileSync(table, 'id,report\na,heart size is normal .\nb,no effusion .\n');
  const calls: readonly (readonly [code: number, ...argv: string[]])[] = [
    [0, 'train', '--data', data, '--out', run, '--config', config, ...wasm],
    [0, 'train', '--data', data, '--out', at('run-2'), '--config', config, '--seed', '2', ...wasm],
    [0, 'evaluate', '--run', run, '--data', data, ...wasm],
    [0, 'generate', '--run', run, '--data', data, '--out', at('reports'), ...wasm],
    [0, 'extract', '--data', data, '--out', at('features'), '--config', config, ...wasm],
    [0, 'ablate', '--config', grid, '--seeds', '1', '--out', at('ablation'), ...wasm],
    [0, 'compare', run, at('run-2')],
    [0, 'annotate', '--data', data],
    [0, 'annotate', 'agree', join(data, 'annotation.json'), join(at('phantom'), 'annotation.json')],
    [0, 'label', '--in', table, '--out', at('labels.csv')],
    [0, 'score', '--references', table, '--hypotheses', table, '--json'],
    [0, 'data', 'check', data],
    [0, 'data', 'show', data, '--out', at('show.html')],
    [0, 'data', 'import', 'iu-xray', '--from', at('phantom'), '--out', at('imported')],
    [0, 'data', 'import', 'mimic-cxr', '--from', at('phantom'), '--out', at('imported-mimic')],
    [0, 'config', 'list'],
    [0, 'config', 'show', 'small'],
    [1, 'import-weights', at('none.pth'), '--as', 'resnet18', '--out', at('weights.safetensors')],
    [0, 'doctor'],
  ];
  for (const [code, ...argv] of calls) {
    const outcome = await runCommand(...argv);
    expect(outcome.code, `${argv.join(' ')}: ${outcome.errors.join('\n')}`).toBe(code);
    expect(left(), argv.join(' ')).toEqual([]);
  }
}, 180_000);
