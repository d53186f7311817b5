import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Annotation, Study } from '../../dataset';
import { AddressError } from './address';
import type { AskOptions } from './ask';
import { annotateFolder, type ChatProvider } from './folder';
import {
  chat,
  good,
  goodRegions,
  type LoopbackServer,
  type Question,
  type Reaction,
  startServer,
} from './testing/loopback-server';

let dir: string;
const servers: { close(): unknown }[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'raca-annotate-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  rmSync(dir, { recursive: true, force: true });
});

/** 30 studies that share 2 of their 4 sentences: 62 distinct ones, 120 in all. */
const study = (i: number, extra: Partial<Study> = {}): Study => ({
  id: `s${i}`,
  report: `The heart is as in c${i}x. Lungs clear. Opacity of ${i} cm. A portable film.`,
  image_path: [`s${i}/0.png`],
  split: i < 26 ? 'train' : 'test',
  ...extra,
});
const studies = Array.from({ length: 30 }, (_, i) => study(i));
const DISTINCT = 62;

function writeFolder(list: readonly Study[] = studies, manifest?: object): void {
  mkdirSync(dir, { recursive: true });
  const of = (split: string) => list.filter((s) => s.split === split);
  const annotation = { train: of('train'), val: of('val'), test: of('test'), note: 'kept' };
  writeFileSync(join(dir, 'annotation.json'), JSON.stringify(annotation));
  if (manifest) {
    writeFileSync(
      join(dir, 'manifest.json'),
      JSON.stringify({ source: 'made up', licence: 'none', ...manifest }),
    );
  }
}

async function serve(react: (question: Question) => Reaction | Promise<Reaction>): Promise<LoopbackServer> {
  const server = await startServer(react);
  servers.push(server);
  return server;
}

const provider = (
  { baseUrl }: { baseUrl: string },
  ask: AskOptions = {},
  extra: Partial<ChatProvider> = {},
) => ({
  provider: 'openai' as const,
  baseUrl,
  model: 'made-up',
  timeoutMs: 2000,
  ...extra,
  ask: { retryWaitMs: 1, batch: 8, ...ask },
});

const read = (name = 'annotation.json') =>
  JSON.parse(readFileSync(join(dir, name), 'utf8')) as Annotation & { note?: string };
const regionsOf = (id: string) =>
  [...read().train, ...read().test].find((s) => s.id === id)?.sentence_regions;
const expected = (i: number) => ({
  S1: ['Heart'],
  S2: ['Lung fields'],
  S3: ['Lung fields'],
  S4: [] as string[],
  i,
});
const expectAll = (but: string[] = []) => {
  for (let i = 0; i < 30; i++) {
    if (but.includes(`s${i}`)) continue;
    const { i: _, ...regions } = expected(i);
    expect(regionsOf(`s${i}`)).toEqual(regions);
  }
};
/** How often each sentence was sent. */
const timesAsked = ({ questions }: LoopbackServer): Map<string, number> => {
  const times = new Map<string, number>();
  for (const text of questions.flatMap(({ sentences }) => sentences))
    times.set(text, (times.get(text) ?? 0) + 1);
  return times;
};

describe('annotateFolder with a server', () => {
  it('asks each distinct sentence once and writes what batches read', async () => {
    writeFolder(studies, { access: 'open' });
    const server = await serve(({ sentences }) => good(sentences));
    const result = await annotateFolder({ dir, provider: provider(server) });
    expectAll();
    expect(read().note).toBe('kept');
    expect(result).toMatchObject({ sentences: DISTINCT, uses: 120, cached: 0, requests: 8, failures: [] });
    expect([result.promptTokens, result.completionTokens]).toEqual([800, 10 * DISTINCT]);
    expect([...timesAsked(server).values()].every((times) => times === 1)).toBe(true);
    expect(timesAsked(server).size).toBe(DISTINCT);
    const { body, url, headers } = server.questions[0];
    expect(url).toBe('/v1/chat/completions');
    expect(headers.authorization).toBeUndefined();
    expect(body).toMatchObject({
      model: 'made-up',
      temperature: 0,
      response_format: { type: 'json_schema', json_schema: { strict: true } },
    });
    expect(JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')).annotated).toEqual({
      provider: 'openai',
      model: 'made-up',
      prompt: 'v1',
      failed: 0,
    });
  });

  it('asks nothing again that the cache holds, unless model or prompt differ', async () => {
    writeFolder();
    const server = await serve(({ sentences }) => good(sentences));
    await annotateFolder({ dir, provider: provider(server), out: join(dir, 'other.json') });
    expect(read().train[0].sentence_regions).toBeUndefined(); // --out leaves the folder's file alone
    const again = await annotateFolder({ dir, provider: provider(server) });
    expect(again).toMatchObject({ cached: DISTINCT, requests: 0 });
    expectAll();
    await annotateFolder({ dir, again: true, provider: provider(server, {}, { model: 'another' }) });
    expect(server.questions).toHaveLength(16);
  });

  it('fills in what is missing and leaves what is there', async () => {
    const given = { S1: ['Ribs'], S2: [] };
    writeFolder([study(0, { sentence_regions: given }), study(1)]);
    const server = await serve(({ sentences }) => good(sentences));
    await annotateFolder({ dir, provider: provider(server) });
    expect(regionsOf('s0')).toEqual({ ...given, S3: ['Lung fields'], S4: [] });
    expect(timesAsked(server).has('the heart is as in c0x')).toBe(false);
  });

  it('finishes against one that is slow, drops connections and answers nonsense', async () => {
    writeFolder();
    const server = await serve(async ({ nth, sentences }) => {
      switch (nth) {
        case 0:
          return 'never'; // until the time is up
        case 1:
          return 'drop';
        case 2:
          return 'drop halfway';
        case 3:
          return { status: 500, body: 'oops' };
        case 4:
          return chat('{"sentences": [{"n": 1, "regions": ["He'); // cut short
        case 5:
          return chat('I cannot do that.');
        case 6:
          return chat(JSON.stringify({ sentences: [{ n: 1, regions: ['Liver'] }] })); // unknown, others missing
        case 7:
          return { body: 'not JSON' };
        case 8:
          return { body: '{"choices": []}' };
        case 9:
          return chat(JSON.stringify({ sentences: 'none' }));
        case 10: {
          const { body } = good(sentences) as { body: string };
          const { content } = JSON.parse(body).choices[0].message;
          return chat(`<think>{"sentences": []}</think>\nHere it is:\n\`\`\`json\n${content}\n\`\`\``);
        }
        case 11: {
          await new Promise((resolve) => setTimeout(resolve, 100));
          return good(sentences);
        }
        default:
          return good(sentences);
      }
    });
    const result = await annotateFolder({ dir, provider: provider(server, {}, { timeoutMs: 300 }) });
    expect(result.failures).toEqual([]);
    expectAll();
  });

  it('waits as long as 429 asks for, and nobody asks meanwhile', async () => {
    writeFolder();
    const server = await serve(({ nth, sentences }) =>
      nth === 3 ? { status: 429, headers: { 'retry-after': '1' }, body: '{}' } : good(sentences),
    );
    await annotateFolder({ dir, provider: provider(server, { concurrency: 1 }) });
    expectAll();
    const [refused, next] = server.questions.slice(3);
    expect(next.sentences).toEqual(refused.sentences);
    expect(next.at - refused.at).toBeGreaterThanOrEqual(990);
  });

  it('takes a wait that the server asks for as no attempt, up to a limit', async () => {
    writeFolder(studies.slice(0, 1));
    const headers = { 'retry-after': '0' };
    const server = await serve(({ nth, sentences }) =>
      nth < 8 ? { status: 429, headers, body: '{}' } : good(sentences),
    );
    const ask = { attempts: 2, longestWaitSeconds: 1 };
    expect((await annotateFolder({ dir, provider: provider(server, ask) })).failures).toEqual([]);
    const long = await serve(() => ({ status: 429, headers: { 'retry-after': '90' }, body: '{}' }));
    const { failures } = await annotateFolder({
      dir,
      again: true,
      provider: provider(long, ask, { model: 'other' }),
    });
    expect(failures).toHaveLength(4);
    expect(failures[0].reason).toBe('the server answered 429, and to wait 90 s more (asked 1 times)');
  });

  it('lists every sentence that fails, keeps the rest, and asks only those again', async () => {
    writeFolder(studies, { access: 'open' });
    let ill = true;
    const server = await serve(({ sentences }) => {
      const answer = sentences.map((sentence, i) => {
        const bad = ill && sentence === 'the heart is as in c3x';
        const missing = ill && sentence === 'opacity of 5 cm';
        return missing ? null : { n: i + 1, regions: bad ? ['Liver'] : goodRegions(sentence) };
      });
      return chat(JSON.stringify({ sentences: answer }), sentences.length);
    });
    const result = await annotateFolder({ dir, provider: provider(server, { attempts: 3 }) });
    const failures = [
      {
        sentence: 'the heart is as in c3x',
        reason: 'expected one of the 12 regions, found "Liver" (asked 3 times)',
        places: [{ id: 's3', sentence: 1 }],
      },
      {
        sentence: 'opacity of 5 cm',
        reason: 'expected an entry with n and regions, found none (asked 3 times)',
        places: [{ id: 's5', sentence: 3 }],
      },
    ];
    const bySentence = (a: { sentence: string }, b: { sentence: string }) =>
      a.sentence < b.sentence ? 1 : -1;
    expect([...result.failures].sort(bySentence)).toEqual(failures);
    const file = readFileSync(join(dir, 'annotate-failures.jsonl'), 'utf8').trim().split('\n');
    expect(file.map((line) => JSON.parse(line)).sort(bySentence)).toEqual(failures);
    expectAll(['s3', 's5']);
    expect(regionsOf('s3')).toEqual({ S2: ['Lung fields'], S3: ['Lung fields'], S4: [] });

    ill = false;
    server.questions.length = 0;
    const again = await annotateFolder({ dir, provider: provider(server) });
    expect(server.questions.flatMap(({ sentences }) => sentences).sort(bySentence as never)).toHaveLength(2);
    expect(again).toMatchObject({ sentences: 2, failures: [] });
    expectAll();
    expect(() => readFileSync(join(dir, 'annotate-failures.jsonl'))).toThrow('ENOENT');
  });

  it('finds the one sentence that spoils every answer in which it stands', async () => {
    writeFolder();
    const server = await serve(({ sentences }) =>
      sentences.includes('opacity of 7 cm')
        ? { status: 400, body: JSON.stringify({ error: { message: 'flagged by a filter' } }) }
        : good(sentences),
    );
    const result = await annotateFolder({ dir, provider: provider(server) });
    expect(result.failures.map(({ sentence, reason }) => [sentence, reason])).toEqual([
      ['opacity of 7 cm', 'the server answered 400: "flagged by a filter" (asked 5 times)'],
    ]);
    expectAll(['s7']);
  });

  it('gives up on a server that has gone, with all that it had said', async () => {
    writeFolder();
    const server = await serve(({ nth, sentences }) => (nth < 2 ? good(sentences) : 'drop'));
    const result = await annotateFolder({
      dir,
      provider: provider(server, { concurrency: 1, attempts: 2, batch: 4 }),
    });
    expect(server.questions).toHaveLength(2 + 5 * 2);
    expect(result.failures).toHaveLength(DISTINCT - 8);
    expect(result.failures.at(-1)?.reason).toMatch(/^not asked: 5 questions in a row had failed \(.+\)$/);
    expect(regionsOf('s0')).toEqual({ S1: ['Heart'], S2: ['Lung fields'], S3: ['Lung fields'], S4: [] });
  });

  it.each([
    [401, '{"error": {"message": "bad key"}}', 'the server answered 401: "bad key"'],
    [404, '{"error": "no such model"}', 'the server answered 404: "no such model"'],
  ])('stops at %i and writes nothing', async (status, body, message) => {
    writeFolder();
    const server = await serve(() => ({ status, body }));
    await expect(annotateFolder({ dir, provider: provider(server) })).rejects.toThrow(message);
    expect(read().train[0].sentence_regions).toBeUndefined();
    expect(server.questions.length).toBeLessThanOrEqual(4);
  });

  it('falls back to plainer formats and remembers', async () => {
    writeFolder();
    const server = await serve(({ body, sentences }) => {
      const { response_format: format, temperature } = body as {
        response_format?: { type: string };
        temperature?: number;
      };
      if (format) return { status: 400, body: '{"error": "response_format is not known here"}' };
      if (temperature !== undefined) return { status: 422, body: '{"error": "temperature must be 1"}' };
      return good(sentences);
    });
    const result = await annotateFolder({ dir, provider: provider(server, { concurrency: 1 }) });
    expect(result.failures).toEqual([]);
    expect(server.questions).toHaveLength(3 + 8);
    expectAll();
  });

  it('sends a key', async () => {
    writeFolder(studies.slice(0, 1));
    const server = await serve(({ sentences }) => good(sentences));
    await annotateFolder({ dir, provider: provider(server, {}, { key: 'made-up-key' }) });
    expect(server.questions.map(({ headers }) => headers.authorization)).toEqual(['Bearer made-up-key']);
  });

  it('warns of nothing with many questions at once', async () => {
    writeFolder();
    const warnings: Error[] = [];
    const listen = (warning: Error) => void warnings.push(warning);
    process.on('warning', listen);
    let most = 0;
    let now = 0;
    const server = await serve(async ({ sentences }) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 50));
      now--;
      return good(sentences);
    });
    await annotateFolder({ dir, provider: provider(server, { concurrency: 16, batch: 2 }) });
    process.off('warning', listen);
    expect(warnings).toEqual([]);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(16);
    expectAll();
  });

  it('never has more questions in flight than it may', async () => {
    writeFolder();
    let most = 0;
    let now = 0;
    const server = await serve(async ({ sentences }) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 10));
      now--;
      return good(sentences);
    });
    await annotateFolder({ dir, provider: provider(server, { concurrency: 3, batch: 2 }) });
    expect(most).toBeLessThanOrEqual(3);
  });

  it('stops when told, and keeps its answers', async () => {
    writeFolder();
    const controller = new AbortController();
    const server = await serve(({ nth, sentences }) => {
      if (nth < 2) return good(sentences);
      controller.abort();
      return 'never';
    });
    const options = { dir, provider: provider(server, { concurrency: 1 }), signal: controller.signal };
    await expect(annotateFolder(options)).rejects.toThrow(/abort/i);
    expect(readFileSync(join(dir, 'annotate-cache.jsonl'), 'utf8').trim().split('\n')).toHaveLength(16);
    expect(read().train[0].sentence_regions).toBeUndefined();
  });

  it('speaks through a socket file', async () => {
    writeFolder(studies.slice(0, 1), { access: 'credentialed' });
    const server = await startServer(({ sentences }) => good(sentences), { socket: join(dir, 'llm.sock') });
    servers.push(server);
    await annotateFolder({ dir, provider: provider(server) });
    expect(regionsOf('s0')).toMatchObject({ S1: ['Heart'] });
  });
});

describe('credentialed text', () => {
  const refused = [
    'https://api.example.com/v1',
    'http://192.168.1.20:8000/v1',
    'http://10.0.0.1/v1',
    'http://0.0.0.0:8000/v1',
    'http://127.0.0.1.example.com/v1',
    'http://[fe80::1]:8000/v1',
  ];
  it.each(refused)('is not sent to %s', async (baseUrl) => {
    for (const manifest of [
      undefined,
      {},
      { access: 'credentialed' },
      { access: 'open', licence: 'PhysioNet' },
    ]) {
      writeFolder(studies, manifest);
      const attempt = annotateFolder({ dir, provider: provider({ baseUrl }) });
      await expect(attempt).rejects.toThrow(AddressError);
      await expect(attempt).rejects.toThrow(/credentialed text may not leave this machine/);
    }
  });

  it('is text of unknown terms, and no option about its words opens it', async () => {
    writeFolder();
    for (const cleaning of ['iu_xray', 'mimic_cxr'] as const) {
      const attempt = annotateFolder({ dir, cleaning, provider: provider({ baseUrl: refused[0] }) });
      await expect(attempt).rejects.toThrow(AddressError);
    }
    writeFolder(studies.slice(0, 1), { access: 'open' });
    const open = provider({ baseUrl: 'http://other.invalid:9/v1' }, { attempts: 1 });
    expect((await annotateFolder({ dir, provider: open })).failures).toHaveLength(4);
  });

  it('goes to this machine', async () => {
    writeFolder(studies.slice(0, 1), { access: 'credentialed' });
    const server = await serve(({ sentences }) => good(sentences));
    const named = server.baseUrl.replace('127.0.0.1', 'localhost');
    await annotateFolder({ dir, provider: provider({ baseUrl: named }) });
    expect(server.questions).toHaveLength(1);
  });

  it('goes elsewhere where somebody has said that it may', async () => {
    writeFolder(studies.slice(0, 1), { access: 'credentialed' });
    const options = { baseUrl: 'http://other.invalid:9/v1' }; // a name that never resolves
    const extra = { sendCredentialedText: true };
    const result = await annotateFolder({ dir, provider: provider(options, { attempts: 1 }, extra) });
    expect(result.failures).toHaveLength(4);
  });

  it.each([301, 302, 307, 308])('does not follow a redirect (%i) from this machine', async (status) => {
    writeFolder(studies, { access: 'credentialed' });
    let followed = 0;
    const elsewhere: Server = createServer((_, response) => {
      followed++;
      response.end();
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    servers.push(elsewhere);
    const { port } = elsewhere.address() as AddressInfo;
    const headers = { location: `http://127.0.0.1:${port}/v1/chat/completions` };
    const server = await serve(() => ({ status, headers, body: '' }));
    await expect(annotateFolder({ dir, provider: provider(server) })).rejects.toThrow(
      `the server answered ${status}; redirects are not followed`,
    );
    expect(followed).toBe(0);
  });
});

it('uses the lexicon by default', async () => {
  writeFolder();
  const result = await annotateFolder({ dir });
  expectAll();
  expect(result).toMatchObject({ sentences: DISTINCT, uses: 120, requests: 0, failures: [] });
});
