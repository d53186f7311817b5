import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { pairReports } from '../pairs';
import { bertScore, type TokenEncoder } from './bertscore';
import { countErrors, ERROR_KINDS, type ErrorCounts, greenFormula, judgeReports } from './error-counts';

const none = Object.fromEntries(Object.keys(ERROR_KINDS).map((kind) => [kind, []])) as never;
const counts = (matched: string[], significant: object = {}): ErrorCounts => ({
  matched,
  significant: { ...(none as object), ...significant } as never,
  insignificant: none,
});

let server: Server | undefined;
afterEach(() => new Promise((done) => (server ? server.close(done) : done(undefined))));

/** A server on this machine that gives the answers one after the other: a status, or the content of a message. */
async function serve(answers: (number | string | object)[]) {
  const asked: { path: string; body: { messages: { content: string }[]; response_format: object } }[] = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      asked.push({ path: request.url!, body: JSON.parse(body) });
      const answer = answers.shift() ?? 500;
      response.writeHead(typeof answer === 'number' ? answer : 200, { 'content-type': 'application/json' });
      const content = typeof answer === 'string' ? answer : JSON.stringify(answer);
      response.end(
        typeof answer === 'number' ? '{}' : JSON.stringify({ choices: [{ message: { content } }] }),
      );
    });
  });
  await new Promise<void>((done) => server!.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return { model: { url, model: 'test' }, asked };
}

const pair = { id: 'a', reference: 'Left effusion.', hypothesis: 'Right effusion.' };

describe('error counting by a model', () => {
  it('asks for JSON of a schema and scores matched over matched and significant errors', async () => {
    const { model, asked } = await serve([
      counts(['effusion', 'heart', 'lungs'], { wrongLocation: ['effusion'] }),
      counts([], { missingFinding: ['edema'] }),
    ]);
    const result = await judgeReports([pair, { ...pair, id: 'b' }], model);
    expect(result.perReport).toEqual([{ 'green-style/test': 0.75 }, { 'green-style/test': 0 }]);
    expect(result.corpus['green-style/test']).toBe(0.375);
    expect(result.corpus['green-style/test/errors/wrongLocation']).toBe(0.5);
    expect(asked[0]!.path).toBe('/v1/chat/completions');
    expect(asked[0]!.body.response_format).toMatchObject({ type: 'json_schema' });
    expect(JSON.parse(asked[0]!.body.messages[1]!.content)).toEqual({
      reference: pair.reference,
      candidate: pair.hypothesis,
    });
  });

  it('asks again after an error or an answer that does not fit, and says why', async () => {
    const good = counts(['x']);
    const { model, asked } = await serve([
      503,
      { ...good, matched: 3 },
      `\`\`\`json\n${JSON.stringify(good)}\n\`\`\``,
    ]);
    expect(greenFormula(await countErrors(pair, model))).toBe(1);
    expect(asked.map(({ body }) => body.messages.length)).toEqual([2, 2, 4]);
    expect(asked[2]!.body.messages[3]!.content).toContain('matched must be a list of strings');
  });

  it('gives up in one line that names report and address', async () => {
    const { model } = await serve(['no', 'no', 'no']);
    await expect(judgeReports([pair], model)).rejects.toThrow(
      /^report "a": judge: http:\/\/127.*: no fitting answer: expected JSON, found other text$/,
    );
  });

  it('does not ask again when refused, and sends nothing to other machines', async () => {
    const { model, asked } = await serve([401, 401]);
    await expect(countErrors(pair, model)).rejects.toThrow('found 401');
    expect(asked).toHaveLength(1);
    const remote = { url: 'http://127.0.0.1.example.org/v1', model: 'test' };
    await expect(countErrors(pair, remote)).rejects.toThrow('url must be on this machine');
    await expect(countErrors(pair, { url: 'here', model: 'x' })).rejects.toThrow('got "here"');
  });

  it('stops when told to', async () => {
    const { model } = await serve([500]);
    const signal = AbortSignal.abort();
    await expect(countErrors(pair, { ...model, signal })).rejects.toThrow(/abort/i);
  });
});

describe('BERTScore', () => {
  // Token 0 starts a text; the others point along x, y or between.
  const vectors: Record<number, number[]> = { 0: [0, 2], 1: [3, 0], 2: [0, 1], 3: [3, 4] };
  const model: TokenEncoder = {
    tokenize: (text) => [0, ...text.split(' ').map(Number)],
    encode: async (tokens) => ({
      data: tokens.flatMap((token) => vectors[token]!),
      dims: [1, tokens.length, 2],
    }),
    special: new Set([0]),
  };

  it('gives cosines worked by hand', async () => {
    const { corpus } = await bertScore(pairReports(['1 2'], ['3']), model, { name: 'toy' });
    // 3 is nearest to y (0.8); x takes 3 (0.6), y the start token of the other text (1)
    expect(corpus['bertscore/precision/toy']).toBeCloseTo(0.8, 6);
    expect(corpus['bertscore/recall/toy']).toBeCloseTo(0.8, 6);
  });

  it('rescales and weighs', async () => {
    const baseline = { precision: 0.5, recall: 0.5, f1: 0.5 };
    const weight = (token: number) => (token === 1 ? 3 : 1);
    const { corpus } = await bertScore(pairReports(['1 2'], ['3']), model, { name: 't', baseline, weight });
    expect(corpus['bertscore/recall/t']).toBeCloseTo(((3 * 0.6 + 1) / 4 - 0.5) / 0.5, 6);
    expect(corpus['bertscore/precision/t']).toBeCloseTo(0.6, 6);
  });

  it('says which shape it expected', async () => {
    const wrong = { ...model, encode: async () => ({ data: [1, 0], dims: [1, 1, 2] }) };
    await expect(bertScore(pairReports(['1'], ['1']), wrong, { name: 't' })).rejects.toThrow(
      'must be [1, 2, d], got [1, 1, 2]',
    );
  });
});
