import { parentPort } from 'node:worker_threads';
import { type DrawRequest, drawInto } from './studio';

/** Answers each {@link DrawRequest} of the main thread with its records, or with the reason of a failure. */
export function serve(): void {
  parentPort?.on('message', (request: DrawRequest) => {
    try {
      parentPort!.postMessage({ drawn: drawInto(request) });
    } catch (error) {
      parentPort!.postMessage({ error: error instanceof Error ? error.message : String(error) });
    }
  });
}
