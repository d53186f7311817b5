/** A model behind an OpenAI-compatible `/chat/completions` address (llama.cpp, vLLM, Ollama, LM Studio, …). */
export interface ChatModel {
  /** Up to and with the version, e.g. `http://127.0.0.1:8080/v1`. */
  readonly url: string;
  readonly model: string;
  readonly apiKey?: string;
  /** Reports go to this machine only unless this is true. */
  readonly allowRemote?: boolean;
  /** Tries more after an answer that does not fit or a server error; 2 by default. */
  readonly retries?: number;
  /** Milliseconds for one answer; 120,000 by default. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
  /** For tests and proxies. */
  readonly fetch?: typeof fetch;
}

export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** A JSON schema with its name, and the check that makes a value of it. */
export interface AnswerFormat<T> {
  readonly name: string;
  readonly schema: object;
  /** @throws Error saying what does not fit */
  parse(value: unknown): T;
}

/**
 * Asks for JSON of a schema at temperature 0. An answer that does not fit goes back with what is wrong about it;
 * server errors and timeouts are asked again.
 * @throws Error in one line: address, number of tries, what was wrong last
 */
export async function askForJson<T>(
  { retries = 2, ...model }: ChatModel,
  messages: readonly Message[],
  format: AnswerFormat<T>,
): Promise<T> {
  checkAddress(model);
  let talk = [...messages];
  let problem = '';
  for (let n = 0; n <= retries; n++) {
    model.signal?.throwIfAborted();
    let answer = '';
    try {
      answer = await complete(model, talk, format);
      return format.parse(parseJson(answer));
    } catch (error) {
      model.signal?.throwIfAborted();
      problem = (error as Error).message.split('\n')[0]!;
      if (error instanceof Refused) break;
      talk =
        answer === ''
          ? [...messages]
          : [
              ...messages,
              { role: 'assistant', content: answer },
              { role: 'user', content: `This does not fit: ${problem}. Answer again, with JSON only.` },
            ];
    }
  }
  throw new Error(`judge: ${model.url}: no fitting answer: ${problem}`);
}

/** An answer that asking again will not change. */
class Refused extends Error {}

async function complete<T>(
  { url, model, apiKey, timeout = 120_000, signal, fetch: send = fetch }: ChatModel,
  messages: readonly Message[],
  { name, schema }: AnswerFormat<T>,
): Promise<string> {
  const timer = AbortSignal.timeout(timeout);
  const response = await send(`${url.replace(/\/+$/, '')}/chat/completions`, {
    method: 'POST',
    redirect: 'error',
    headers: { 'content-type': 'application/json', ...(apiKey && { authorization: `Bearer ${apiKey}` }) },
    body: JSON.stringify({
      model,
      messages,
      temperature: 0,
      seed: 1,
      response_format: { type: 'json_schema', json_schema: { name, strict: true, schema } },
    }),
    signal: signal ? AbortSignal.any([signal, timer]) : timer,
  });
  if (!response.ok) {
    await response.body?.cancel();
    const passing = response.status >= 500 || response.status === 408 || response.status === 429;
    throw new (passing ? Error : Refused)(`expected status 200, found ${response.status}`);
  }
  const body = JSON.parse(await textOf(response)) as {
    choices?: { message?: { content?: unknown } }[];
  } | null;
  const content = body?.choices?.[0]?.message?.content;
  if (typeof content !== 'string') throw new Error('expected choices[0].message.content, found none');
  return content;
}

/** Longer answers are none to our questions. */
const MOST_BYTES = 4 << 20;

/** The body, which may not be longer than {@link MOST_BYTES}. */
async function textOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for (let part = await reader?.read(); part?.value; part = await reader!.read()) {
    bytes += part.value.length;
    if (bytes > MOST_BYTES) {
      await reader!.cancel();
      throw new Error(`expected an answer of at most ${MOST_BYTES} bytes, found more`);
    }
    text += decoder.decode(part.value, { stream: true });
  }
  return text + decoder.decode();
}

function parseJson(text: string): unknown {
  const fenced = text.trim().replace(/^```(?:json)?/, '');
  const bare = fenced.endsWith('```') ? fenced.slice(0, -3) : fenced; // JSON.parse skips blanks
  try {
    return JSON.parse(bare);
  } catch {
    throw new Error('expected JSON, found other text');
  }
}

function checkAddress({ url, allowRemote }: ChatModel): void {
  let host: string;
  try {
    host = new URL(url).hostname;
  } catch {
    throw new Error(`judge: url must be an address like http://127.0.0.1:8080/v1, got "${url}"`);
  }
  if (allowRemote || /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(host)) return;
  throw new Error(`judge: url must be on this machine, got ${host} (allowRemote lets reports leave it)`);
}
