import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One question as the server saw it. */
export interface Question {
  /** Place of this question among all, from 0. */
  readonly nth: number;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: { model: string; messages: { role: string; content: string }[]; [name: string]: unknown };
  /** The numbered sentences of the last message. */
  readonly sentences: string[];
  /** Time of arrival in ms. */
  readonly at: number;
}

export type Reaction =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body: string }
  | 'drop'
  | 'drop halfway'
  | 'never';

export interface LoopbackServer {
  readonly baseUrl: string;
  readonly questions: Question[];
  close(): Promise<void>;
}

/** For tests: a chat server on this machine that does what `react` says. */
export async function startServer(
  react: (question: Question) => Reaction | Promise<Reaction>,
  listen: { socket?: string } = {},
): Promise<LoopbackServer> {
  const questions: Question[] = [];
  const server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', async () => {
      const body = JSON.parse(Buffer.concat(parts).toString()) as Question['body'];
      const sentences = (body.messages.at(-1)?.content ?? '')
        .split('\n')
        .map((line) => line.replace(/^\d+\. /, ''));
      const { url = '', headers } = request;
      const question = { nth: questions.length, url, headers, body, sentences, at: Date.now() };
      questions.push(question);
      const reaction = await react(question);
      if (reaction === 'never') return;
      if (reaction === 'drop') request.socket.destroy();
      else if (reaction === 'drop halfway') {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('{"choices": [', () => request.socket.destroy());
      } else {
        response.writeHead(reaction.status ?? 200, reaction.headers);
        response.end(reaction.body);
      }
    });
  });
  await new Promise<void>((resolve) => {
    if (listen.socket) server.listen(listen.socket, resolve);
    else server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = listen.socket ? { port: 0 } : (server.address() as AddressInfo);
  return {
    baseUrl: listen.socket ? `unix:${listen.socket}:/v1` : `http://127.0.0.1:${port}/v1`,
    questions,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** An answer of the chat protocol: 100 prompt tokens, 10 tokens a sentence. */
export const chat = (content: string, sentences = 0): Reaction => ({
  body: JSON.stringify({
    choices: [{ message: { role: 'assistant', content } }],
    usage: { prompt_tokens: 100, completion_tokens: 10 * sentences },
  }),
});

/** A good answer: sentences with "heart" speak of the heart, those with "film" of nothing, others of the lungs. */
export const goodRegions = (sentence: string): string[] =>
  sentence.includes('heart') ? ['Heart'] : sentence.includes('film') ? [] : ['Lung fields'];

export const good = (sentences: readonly string[]): Reaction =>
  chat(
    JSON.stringify({
      sentences: sentences.map((sentence, i) => ({ n: i + 1, regions: goodRegions(sentence) })),
    }),
    sentences.length,
  );
