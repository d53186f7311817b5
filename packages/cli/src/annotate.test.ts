import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from './testing/run-command';

const LEAST = ['--provider', 'openai', '--model', 'made-up', '--retry-wait', '1'];
let dir: string;
let server: Server | undefined;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'raca-annotate-'));
  writeData({ access: 'open' });
});
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(null)));
  server = undefined;
  rmSync(dir, { recursive: true, force: true });
});

const at = (name: string) => join(dir, name);
const json = (name: string) => JSON.parse(readFileSync(at(name), 'utf8'));

/** 20 studies of 2 sentences, one of which they share. */
function writeData(manifest: object): void {
  const train = Array.from({ length: 20 }, (_, i) => ({
    id: `s${i}`,
    report: `Opacity of ${i} cm. Heart normal.`,
    image_path: ['0.png'],
    split: 'train',
  }));
  writeFileSync(at('annotation.json'), JSON.stringify({ train, val: [], test: [] }));
  writeFileSync(at('manifest.json'), JSON.stringify({ source: 'made up', licence: 'none', ...manifest }));
}

interface Answer {
  readonly status?: number;
  readonly regions?: string[];
}

/** A chat server; `react` gets the sentences of each question, and `null` means no answer, ever. */
async function serve(react: (sentences: string[], nth: number) => Answer | null): Promise<string> {
  let nth = 0;
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => {
      text += part;
    });
    request.on('end', () => {
      const last = JSON.parse(text).messages.at(-1).content as string;
      const sentences = last.split('\n').map((line) => line.replace(/^\d+\. /, ''));
      const answer = react(sentences, nth++);
      if (!answer) return;
      const { status = 200, regions = ['Lung fields'] } = answer;
      const content = JSON.stringify({ sentences: sentences.map((_, i) => ({ n: i + 1, regions })) });
      response.writeHead(status);
      response.end(
        JSON.stringify({
          choices: [{ message: { content } }],
          usage: { prompt_tokens: 1000, completion_tokens: 100 },
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

describe('raca annotate', () => {
  it('writes the regions that the lexicon finds', async () => {
    const { code, stdout } = await runCommand('annotate', '--data', dir);
    expect(code).toBe(0);
    expect(stdout).toContain('21 distinct sentences (40 in all), 21 annotated, 0 failed');
    expect(json('annotation.json').train[3].sentence_regions).toEqual({ S1: ['Lung fields'], S2: ['Heart'] });
    expect(json('manifest.json').annotated).toEqual({ provider: 'lexicon', failed: 0 });
    const again = await runCommand('annotate', '--data', dir, '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ sentences: 0, failures: [] });
  });

  it('asks a server, counts tokens and cost, and lists failures with exit 1', async () => {
    const url = await serve((sentences) => ({
      regions: sentences.includes('opacity of 3 cm') ? ['Liver'] : [],
    }));
    const more = ['--batch', '1', '--attempts', '2', '--price-in', '0.5', '--price-out', '10'];
    const { code, stdout, errors } = await runCommand(
      'annotate',
      '--data',
      dir,
      ...LEAST,
      '--base-url',
      url,
      ...more,
    );
    expect(code).toBe(1);
    expect(stdout).toContain('21 distinct sentences (40 in all), 20 annotated, 1 failed');
    // 22 questions: 22,000 x 0.5 + 2,200 x 10, by a million
    expect(stdout).toContain('0 known from before, 22 questions, 22000 + 2200 tokens, cost 0.0330');
    expect(errors).toEqual([
      'failed: s3 S1 "opacity of 3 cm": expected one of the 12 regions, found "Liver" (asked 2 times)',
      `${at('annotate-failures.jsonl')}: every failure; run the same command to ask those again`,
    ]);
    expect(json('annotation.json').train[3].sentence_regions).toEqual({ S2: [] });
  });

  it('takes the key from the variable that is named', async () => {
    const url = await serve(() => ({ status: 401 }));
    process.env.MADE_UP_KEY = 'secret-value';
    const flags = ['annotate', '--data', dir, ...LEAST, '--base-url', url, '--key-env', 'MADE_UP_KEY'];
    const { code, errors } = await runCommand(...flags);
    delete process.env.MADE_UP_KEY;
    expect(code).toBe(1);
    expect(errors.join()).toMatch(/^raca: the server answered 401/);
    expect(errors.join()).not.toContain('secret-value');
    const without = await runCommand(...flags);
    expect(without.code).toBe(2);
    expect(without.errors.join()).toContain('environment variable MADE_UP_KEY, found nothing');
  });

  it('refuses to send credentialed text elsewhere, and says what the flag means', async () => {
    writeData({ access: 'credentialed' });
    const flags = ['annotate', '--data', dir, ...LEAST, '--base-url', 'http://elsewhere.invalid:1/v1'];
    const refused = await runCommand(...flags);
    expect(refused.code).toBe(2);
    expect(refused.errors.join()).toMatch(
      /credentialed text may not leave this machine.*elsewhere\.invalid.*--send-credentialed-text-to-this-server/,
    );
    expect(json('annotation.json').train[0].sentence_regions).toBeUndefined();
    const meant = [...flags, '--send-credentialed-text-to-this-server', '--attempts', '1'];
    expect((await runCommand(...meant)).errors.join()).toMatch(/failed: s0 S1/); // a name that nobody has
    const local = await serve(() => ({}));
    expect((await runCommand('annotate', '--data', dir, ...LEAST, '--base-url', local)).code).toBe(0);
  });

  it.each([
    [[], '--data: expected a data set folder'],
    [['--data', 'x', '--provider', 'other'], '--provider: expected one of lexicon, openai'],
    [['--data', 'x', '--provider', 'openai', '--model', 'm'], '--base-url: expected the address'],
    [['--data', 'x', '--provider', 'openai', '--base-url', 'http://localhost'], '--model: expected'],
    [['--data', 'x', '--price-in', '-1'], '--price-in: expected a price'],
    [['agree', 'one.json'], "missing required argument 'b'"],
  ])('calls %j wrong use', async (flags, message) => {
    const { code, errors } = await runCommand('annotate', ...flags);
    expect([code, errors]).toEqual([2, [expect.stringContaining(message)]]);
  });

  it('names an address that cannot be meant', async () => {
    const { code, errors } = await runCommand(
      'annotate',
      '--data',
      dir,
      ...LEAST,
      '--base-url',
      'localhost:80',
    );
    expect([code, errors[0]]).toEqual([2, expect.stringContaining('expected http://, https:// or unix:')]);
  });

  it('names a folder without annotation', async () => {
    rmSync(at('annotation.json'));
    const { code, errors } = await runCommand('annotate', '--data', dir);
    expect([code, errors]).toEqual([
      1,
      [expect.stringContaining('annotation.json: expected a readable JSON')],
    ]);
  });
});

describe('raca annotate agree', () => {
  it('compares two files', async () => {
    await runCommand('annotate', '--data', dir, '--out', at('a.json'));
    const { train } = json('a.json');
    for (const study of train.slice(0, 5)) study.sentence_regions.S1 = [];
    writeFileSync(at('b.json'), JSON.stringify({ train, val: [], test: [] }));
    const { code, stdout } = await runCommand('annotate', 'agree', at('a.json'), at('b.json'), '--list', '2');
    expect(code).toBe(0);
    expect(stdout).toContain('20 studies, 40 sentences');
    // lungs: 15 both, 5 only A, 20 neither: F1 30/35, observed 35/40, chance (20·15 + 20·25)/1600 = 1/2
    expect(stdout).toMatch(/Lung fields +│ 15 +│ 5 +│ 0 +│ 0\.857 │ 0\.750/);
    expect(stdout).toContain('micro-F1 0.933'); // 70/75
    expect(stdout.split('\n').filter((line) => line.startsWith('s'))).toEqual([
      's0 S1 "opacity of 0 cm": A Lung fields; B none',
      's1 S1 "opacity of 1 cm": A Lung fields; B none',
    ]);
    const machine = await runCommand('annotate', 'agree', at('a.json'), at('b.json'), '--json');
    expect(JSON.parse(machine.stdout)).toMatchObject({ sentences: 40, exact: 0.875 });
  });

  it('says so where there is nothing to compare', async () => {
    const { code, errors } = await runCommand(
      'annotate',
      'agree',
      at('annotation.json'),
      at('annotation.json'),
    );
    expect([code, errors]).toEqual([
      1,
      [expect.stringContaining('expected studies annotated in both files')],
    ]);
  });
});

const command = fileURLToPath(new URL('../dist/raca.js', import.meta.url));
const built =
  existsSync(command) && spawnSync(process.execPath, [command, 'annotate', '--help']).status === 0;
if (!built) console.warn('skipped: packages/cli is not built, so there is no command to kill');

describe.skipIf(!built)('a run of raca annotate that is killed', () => {
  it('asks nothing twice that had been answered', async () => {
    const times = new Map<string, number>();
    let child: ChildProcess | undefined;
    let deaths = 0;
    const url = await serve((sentences, nth) => {
      if ([4, 9].includes(nth)) {
        deaths++;
        child?.kill('SIGKILL'); // this question has come, so all answers before it are in the cache
        return null;
      }
      for (const sentence of sentences) times.set(sentence, (times.get(sentence) ?? 0) + 1);
      return {};
    });
    const args = [
      'annotate',
      '--data',
      dir,
      ...LEAST,
      '--base-url',
      url,
      '--concurrency',
      '1',
      '--batch',
      '2',
    ];
    let stderr = '';
    const live = () =>
      new Promise<number | null>((resolve) => {
        child = spawn(process.execPath, [command, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
        child.stderr?.on('data', (text) => {
          stderr += text;
        });
        child.on('close', resolve);
      });
    expect([await live(), await live()], stderr).toEqual([null, null]);
    expect(deaths).toBe(2);
    expect(json('annotation.json').train[0].sentence_regions).toBeUndefined();
    expect(await live(), stderr).toBe(0);
    expect(times.size).toBe(21);
    expect([...times.values()].every((n) => n === 1)).toBe(true);
    expect(json('annotation.json').train[19].sentence_regions).toEqual({
      S1: ['Lung fields'],
      S2: ['Lung fields'],
    });
  });

  it('keeps its answers when stopped by Ctrl-C', async () => {
    let child: ChildProcess | undefined;
    const url = await serve((_, nth) => {
      if (nth < 2) return {};
      child?.kill('SIGINT');
      return null;
    });
    const args = [
      'annotate',
      '--data',
      dir,
      ...LEAST,
      '--base-url',
      url,
      '--concurrency',
      '1',
      '--batch',
      '2',
    ];
    child = spawn(process.execPath, [command, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr?.on('data', (text) => {
      stderr += text;
    });
    const code = await new Promise((resolve) => child?.on('close', resolve));
    expect([code, stderr]).toEqual([130, expect.stringContaining('the same command goes on')]);
    expect(readFileSync(at('annotate-cache.jsonl'), 'utf8').trim().split('\n')).toHaveLength(4);
  });
});
