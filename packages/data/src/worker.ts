/** Entry of the decoding threads; started by the study loader, not for import. */
import { parentPort } from 'node:worker_threads';
import { DataError } from './errors';
import { type LoadRequest, loadImages } from './node/load-images';

parentPort?.on('message', async ({ job, request }: { job: number; request: LoadRequest }) => {
  try {
    const result = await loadImages(request);
    parentPort!.postMessage({ job, result }, [result.pixels.buffer]);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    parentPort!.postMessage({ job, error: { message, aboutData: error instanceof DataError } });
  }
});
