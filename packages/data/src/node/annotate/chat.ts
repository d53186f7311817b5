import { z } from 'zod';
import type { Prompt } from '../../annotate/prompt-v1';
import { REPLY_JSON_SCHEMA, readReply, type SentenceReply } from '../../annotate/reply';
import { shown } from '../../errors';
import type { ServerAddress } from './address';
import { type PostAnswer, postJson } from './post';

/** A server that speaks the chat-completions protocol of OpenAI: vLLM, llama.cpp, Ollama, LM Studio, cloud. */
export interface ChatOptions {
  readonly address: ServerAddress;
  readonly model: string;
  readonly prompt: Prompt;
  readonly key?: string;
  /** For one answer (default 120,000). */
  readonly timeoutMs?: number;
  /** See `PostOptions.localOnly`. */
  readonly localOnly: boolean;
}

export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** What came of one question. */
export type Exchange =
  /** The model spoke; single sentences may still lack a good answer. */
  | { readonly kind: 'replies'; readonly replies: SentenceReply[]; readonly usage: Usage }
  /** The same question may be asked again, not before `waitSeconds` if the server said so. */
  | { readonly kind: 'busy'; readonly reason: string; readonly waitSeconds?: number }
  /** The server refused this question; a shorter one may do. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** No question will be answered: wrong key, address or model. */
  | { readonly kind: 'fatal'; readonly reason: string };

const answerSchema = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1),
  usage: z
    .object({ prompt_tokens: z.number().nonnegative(), completion_tokens: z.number().nonnegative() })
    .optional()
    .catch(undefined),
});

const errorSchema = z.object({ error: z.union([z.string(), z.object({ message: z.string() })]) });

const NO_TOKENS: Usage = { promptTokens: 0, completionTokens: 0 };

/** What is asked beside the messages; servers that know less get less. */
const FORMATS = [
  {
    temperature: 0,
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'sentence_regions', strict: true, schema: REPLY_JSON_SCHEMA },
    },
  },
  { temperature: 0, response_format: { type: 'json_object' } },
  { temperature: 0 },
  {},
] as const;

/** Asks questions of one server. Remembers which response formats it has refused. */
export class ChatClient {
  private format = 0;
  constructor(private readonly options: ChatOptions) {}

  /** Regions of numbered sentences. Never throws, except when `signal` aborts. */
  async ask(sentences: readonly string[], signal?: AbortSignal): Promise<Exchange> {
    for (;;) {
      const format = this.format;
      const exchange = await this.askIn(format, sentences, signal);
      if (exchange !== 'format') return exchange;
      this.format = Math.max(this.format, format + 1);
    }
  }

  private async askIn(
    format: number,
    sentences: readonly string[],
    signal?: AbortSignal,
  ): Promise<Exchange | 'format'> {
    const { address, model, prompt, key, timeoutMs = 120_000, localOnly } = this.options;
    const question = { model, messages: prompt.messages(sentences), ...FORMATS[format] };
    let answer: PostAnswer;
    try {
      answer = await postJson(address, '/chat/completions', question, { key, timeoutMs, signal, localOnly });
    } catch (error) {
      if (signal?.aborted) throw error;
      return { kind: 'busy', reason: messageOf(error) };
    }
    const { status } = answer;
    if (status === 200) return readAnswer(answer.body, sentences.length);
    const reason = `the server answered ${status}${detailOf(answer.body)}`;
    if (status === 408 || status === 409 || status === 425 || status === 429 || status >= 500)
      return { kind: 'busy', reason, waitSeconds: answer.retryAfter };
    if (status === 400 || status === 422) {
      const aboutFormat = /response_format|json|schema|grammar|temperature/i.test(answer.body);
      return aboutFormat && format + 1 < FORMATS.length ? 'format' : { kind: 'refused', reason };
    }
    if (status === 413) return { kind: 'refused', reason };
    if (status >= 300 && status < 400)
      return { kind: 'fatal', reason: `${reason}; redirects are not followed` };
    return { kind: 'fatal', reason };
  }
}

function readAnswer(body: string, count: number): Exchange {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {}
  const answer = answerSchema.safeParse(value);
  if (!answer.success) {
    const reason = `expected an answer with choices, found ${shown(body)}`;
    return { kind: 'replies', replies: Array.from({ length: count }, () => ({ reason })), usage: NO_TOKENS };
  }
  const { choices, usage } = answer.data;
  return {
    kind: 'replies',
    replies: readReply(choices[0].message.content, count),
    usage: usage
      ? { promptTokens: usage.prompt_tokens, completionTokens: usage.completion_tokens }
      : NO_TOKENS,
  };
}

function detailOf(body: string): string {
  try {
    const { error } = errorSchema.parse(JSON.parse(body));
    return `: ${shown(typeof error === 'string' ? error : error.message)}`;
  } catch {
    return '';
  }
}

/** One line; a refused connection to a name with several addresses has an empty message and a code. */
function messageOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  return (message || code || String(error)).replace(/\s+/g, ' ');
}
