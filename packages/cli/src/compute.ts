import { BACKENDS, type BackendInfo, type BackendName, useBackend } from '@raca/backend/node';
import { oneOf } from './errors';
import { say } from './say';

export const backendOption = [
  '--backend <name>',
  `compute with ${BACKENDS.join(', ')} (default: the fastest that runs; also RACA_BACKEND)`,
  oneOf('--backend', BACKENDS),
] as const;

/** Starts the compute; a notice goes to standard error. */
export const startCompute = (backend?: BackendName, threads?: number): Promise<BackendInfo> =>
  useBackend({
    threads,
    onNotice: (notice) => say(notice),
    ...(backend ? { prefer: [backend] } : {}),
  });
