import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { DataError } from '../errors';
import type { LoadRequest, LoadResult } from './load-images';

interface Waiting {
  readonly resolve: (result: LoadResult) => void;
  readonly reject: (error: Error) => void;
}

interface Reply {
  readonly job: number;
  readonly result?: LoadResult;
  readonly error?: { readonly message: string; readonly aboutData: boolean };
}

/** The built worker beside this module; absent when the sources run unbuilt. */
export function workerFile(): URL | undefined {
  const url = new URL('./worker.js', import.meta.url);
  return url.protocol === 'file:' && existsSync(url) ? url : undefined;
}

/** Threads that load images. Idle threads do not keep the process alive; {@link close} ends them. */
export class WorkerPool {
  private readonly members: PoolMember[];

  constructor(count: number, file: URL) {
    this.members = Array.from({ length: count }, () => new PoolMember(file));
  }

  /** Gives the work to the thread with the least before it. */
  run(request: LoadRequest): Promise<LoadResult> {
    const idlest = this.members.reduce((best, member) => (member.load < best.load ? member : best));
    return idlest.run(request);
  }

  async close(): Promise<void> {
    await Promise.all(this.members.map((member) => member.close()));
  }
}

class PoolMember {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private jobs = 0;
  private ended?: Error;

  constructor(file: URL) {
    this.worker = new Worker(file, { execArgv: [] });
    this.worker.on('message', (reply: Reply) => this.settle(reply));
    this.worker.on('error', (error) => this.end(new Error(`image worker failed: ${error.message}`)));
    this.worker.on('exit', (code) => this.end(new Error(`image worker ended with code ${code}`)));
    this.worker.unref();
  }

  get load(): number {
    return this.waiting.size;
  }

  run(request: LoadRequest): Promise<LoadResult> {
    if (this.ended) return Promise.reject(this.ended);
    const job = this.jobs++;
    return new Promise((resolve, reject) => {
      this.waiting.set(job, { resolve, reject });
      this.worker.ref();
      this.worker.postMessage({ job, request }, request.spare ? [request.spare.buffer] : []);
    });
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private settle({ job, result, error }: Reply): void {
    const waiting = this.waiting.get(job);
    this.waiting.delete(job);
    if (this.waiting.size === 0) this.worker.unref();
    if (result) waiting?.resolve(result);
    else waiting?.reject(error?.aboutData ? new DataError(error.message) : new Error(error?.message));
  }

  private end(error: Error): void {
    this.ended ??= error;
    for (const { reject } of this.waiting.values()) reject(this.ended);
    this.waiting.clear();
  }
}
