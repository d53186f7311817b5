import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type DrawJob, type DrawnStudy, drawStudy } from './draw';
import { grayPng } from './png';

/** Jobs whose images go into `<dir>/images/<id>/<view>.png`. */
export interface DrawRequest {
  readonly dir: string;
  readonly jobs: readonly DrawJob[];
}

/** A drawn study without its pixels, which are on disk. */
export type DrawnRecord = Omit<DrawnStudy, 'images'>;

/** Studies that a thread gets at a time. */
const CHUNK = 16;

/** Draws and writes the images of a request. It blocks its thread, which has nothing else to do. */
export function drawInto({ dir, jobs }: DrawRequest): DrawnRecord[] {
  return jobs.map((job) => {
    const { images, ...record } = drawStudy(job);
    const folder = join(dir, 'images', job.id);
    mkdirSync(folder, { recursive: true });
    images.forEach((pixels, view) => {
      writeFileSync(join(folder, `${view}.png`), grayPng(pixels, job.size, job.size));
    });
    return record;
  });
}

/**
 * Draws all jobs with up to `workers` threads (in this thread where the package runs unbuilt, or for 0 or 1).
 * The result is in the order of the jobs and does not depend on the number of threads.
 */
export async function drawAll(
  dir: string,
  jobs: readonly DrawJob[],
  workers: number,
  onProgress: (done: number) => void,
  signal?: AbortSignal,
): Promise<DrawnRecord[]> {
  const records = new Array<DrawnRecord>(jobs.length);
  let next = 0;
  let done = 0;
  const lane = async (draw: (request: DrawRequest) => Promise<DrawnRecord[]>): Promise<void> => {
    while (next < jobs.length) {
      signal?.throwIfAborted();
      const start = next;
      next += CHUNK;
      const drawn = await draw({ dir, jobs: jobs.slice(start, start + CHUNK) });
      drawn.forEach((record, k) => {
        records[start + k] = record;
      });
      done += drawn.length;
      onProgress(done);
    }
  };
  const file = workerFile();
  const count = Math.min(workers, Math.ceil(jobs.length / CHUNK));
  if (!file || count < 2) {
    await lane(async (request) => {
      await setImmediate(); // lets signals and whoever else lives in this thread have a turn
      return drawInto(request);
    });
    return records;
  }
  const threads = Array.from({ length: count }, () => new Worker(file, { execArgv: [] }));
  const end = (): void => {
    for (const thread of threads) void thread.terminate();
  };
  signal?.addEventListener('abort', end, { once: true });
  try {
    await Promise.all(threads.map((thread) => lane((request) => ask(thread, request))));
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', end);
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
  return records;
}

function ask(thread: Worker, request: DrawRequest): Promise<DrawnRecord[]> {
  return new Promise((resolve, reject) => {
    const settle = (action: () => void): void => {
      thread.off('message', onMessage).off('error', onError).off('exit', onExit);
      action();
    };
    const onMessage = (reply: { drawn?: DrawnRecord[]; error?: string }): void =>
      settle(() =>
        reply.drawn ? resolve(reply.drawn) : reject(new Error(`phantom thread: ${reply.error}`)),
      );
    const onError = (error: Error): void =>
      settle(() => reject(new Error(`phantom thread: ${error.message}`)));
    const onExit = (code: number): void =>
      settle(() => reject(new Error(`phantom thread ended with code ${code}`)));
    thread.on('message', onMessage).on('error', onError).on('exit', onExit);
    thread.postMessage(request);
  });
}

/** The built thread entry beside this module; absent when the sources run unbuilt. */
function workerFile(): URL | undefined {
  const url = new URL('./phantom-worker.js', import.meta.url);
  return url.protocol === 'file:' && existsSync(url) ? url : undefined;
}
