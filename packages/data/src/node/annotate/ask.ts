import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RegionName } from '@raca/core/regions';
import type { AnswerCache } from './answer-cache';
import type { ChatClient } from './chat';
import { Pace } from './pace';

export interface AskOptions {
  /** Questions in flight at once (default 4). */
  readonly concurrency?: number;
  /** Questions a minute (default: no limit). */
  readonly perMinute?: number;
  /** Sentences in one question (default 20). */
  readonly batch?: number;
  /** How often a sentence is asked before it counts as failed (default 5). */
  readonly attempts?: number;
  /** First wait before asking again; doubles each time, at most a minute (default 1000). */
  readonly retryWaitMs?: number;
  /** Longest wait, in all, that the server may ask for one question; more counts as failed (default 600). */
  readonly longestWaitSeconds?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Asked {
  readonly answers: Map<string, RegionName[]>;
  /** One line for each sentence without an answer. */
  readonly failures: Map<string, string>;
  readonly requests: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

interface Task {
  readonly sentences: readonly string[];
  readonly attempt: number;
  /** Seconds spent on waits that the server asked for. */
  readonly waited?: number;
}

/** Questions that fail to the last attempt in a row, before the server is taken for gone. */
const MOST_LOST = 5;
const LONGEST_BACKOFF_MS = 60_000;

/**
 * Asks for the regions of distinct sentences, many in one question. Answers go into the cache before the next
 * question is sent, so after a kill only what was in flight is asked again. Where an answer is unusable, its
 * sentences are asked again in halves; what still fails is listed, and the rest is kept.
 *
 * @throws Error in one line, if the server says that no question will be answered
 */
export async function askAll(
  sentences: readonly string[],
  client: Pick<ChatClient, 'ask'>,
  cache: AnswerCache,
  options: AskOptions = {},
): Promise<Asked> {
  const { concurrency = 4, perMinute = Number.POSITIVE_INFINITY, batch = 20, attempts = 5 } = options;
  const { retryWaitMs = 1000, longestWaitSeconds = 600, signal, onProgress } = options;
  const answers = new Map<string, RegionName[]>();
  const failures = new Map<string, string>();
  const open: string[] = [];
  for (const sentence of sentences) {
    const known = cache.get(sentence);
    if (known) answers.set(sentence, known);
    else open.push(sentence);
  }
  const queue: Task[] = [];
  for (let i = 0; i < open.length; i += batch)
    queue.push({ sentences: open.slice(i, i + batch), attempt: 1 });

  const pace = new Pace(perMinute);
  const stop = new AbortController();
  const stopped = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  setMaxListeners(0, stopped); // every lane waits with it
  let [requests, promptTokens, completionTokens, lost, busy] = [0, 0, 0, 0, 0];
  const report = (): void => onProgress?.(answers.size + failures.size, sentences.length);
  const fail = (list: readonly string[], reason: string): void => {
    for (const sentence of list) failures.set(sentence, reason);
    report();
  };
  const again = (list: readonly string[], attempt: number, halve: boolean): void => {
    const cut = halve ? Math.ceil(list.length / 2) : list.length;
    for (const part of [list.slice(cut), list.slice(0, cut)])
      if (part.length > 0) queue.unshift({ sentences: part, attempt: attempt + 1 });
  };

  async function work(task: Task): Promise<void> {
    await pace.turn(stopped);
    requests++;
    const exchange = await client.ask(task.sentences, stopped);
    const last = task.attempt >= attempts;
    if (exchange.kind === 'fatal') throw new Error(exchange.reason);
    if (exchange.kind === 'busy') {
      const backoff = Math.min(LONGEST_BACKOFF_MS, retryWaitMs * 2 ** (task.attempt - 1));
      const asked = exchange.waitSeconds;
      const waited = (task.waited ?? 0) + Math.max(asked ?? 0, backoff / 1000);
      if (asked !== undefined && waited <= longestWaitSeconds) {
        // A server that says when to come back is well: this was no attempt.
        pace.rest(Math.max(asked * 1000, backoff));
        queue.unshift({ ...task, waited });
      } else if (last || asked !== undefined) {
        fail(task.sentences, `${exchange.reason}${wait(asked)} (asked ${task.attempt} times)`);
        if (++lost >= MOST_LOST) giveUp(exchange.reason);
      } else {
        await sleep(backoff * (0.75 + Math.random() / 2), undefined, { signal: stopped });
        again(task.sentences, task.attempt, false);
      }
      return;
    }
    lost = 0;
    if (exchange.kind === 'refused') {
      if (last) fail(task.sentences, `${exchange.reason} (asked ${task.attempt} times)`);
      else again(task.sentences, task.attempt, true);
      return;
    }
    promptTokens += exchange.usage.promptTokens;
    completionTokens += exchange.usage.completionTokens;
    const good: [string, RegionName[]][] = [];
    const bad: [string, string][] = [];
    task.sentences.forEach((sentence, i) => {
      const reply = exchange.replies[i];
      if ('regions' in reply) good.push([sentence, reply.regions]);
      else bad.push([sentence, reply.reason]);
    });
    cache.add(good);
    for (const [sentence, regions] of good) answers.set(sentence, regions);
    report();
    if (!last)
      again(
        bad.map(([sentence]) => sentence),
        task.attempt,
        true,
      );
    else for (const [sentence, reason] of bad) fail([sentence], `${reason} (asked ${task.attempt} times)`);
  }

  function giveUp(reason: string): void {
    for (const task of queue.splice(0))
      fail(task.sentences, `not asked: ${MOST_LOST} questions in a row had failed (${reason})`);
  }

  /** A lane ends when nothing is queued and nobody else may queue more. */
  async function lane(): Promise<void> {
    for (;;) {
      const task = queue.shift();
      if (task) {
        busy++;
        try {
          await work(task);
        } finally {
          busy--;
        }
      } else if (busy > 0) await sleep(20, undefined, { signal: stopped });
      else return;
    }
  }

  report();
  const lanes = Array.from({ length: concurrency }, lane);
  try {
    await Promise.all(lanes);
  } catch (error) {
    stop.abort();
    await Promise.allSettled(lanes);
    throw signal?.aborted ? signal.reason : error;
  }
  return { answers, failures, requests, promptTokens, completionTokens };
}

const wait = (seconds: number | undefined): string =>
  seconds === undefined ? '' : `, and to wait ${Math.ceil(seconds)} s more`;
