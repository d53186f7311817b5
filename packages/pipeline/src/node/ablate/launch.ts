import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How a command ended. */
export interface Ended {
  /** Exit code; null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  /** The last line on standard error: what went wrong, when it did. */
  readonly reason: string;
}

export interface LaunchOptions {
  /** Abort to send SIGINT; the command stops cleanly and is waited for. */
  readonly signal?: AbortSignal;
  /** Each line of standard output, which is not collected then. */
  readonly onLine?: (line: string) => void;
}

/** Runs `raca` with arguments. */
export type Launch = (argv: readonly string[], options?: LaunchOptions) => Promise<Ended>;

/**
 * Runs the command as a child process in a group of its own: Ctrl-C reaches it through {@link LaunchOptions.signal}
 * only, once. Should this process die, the child sees its channel close and stops with a resume point.
 * @param program script of the command
 * @param env variables beside this process's own
 */
export const launchProgram =
  (program: string, env: Readonly<Record<string, string>> = {}): Launch =>
  (argv, { signal, onLine } = {}) =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [program, ...argv], {
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        env: { ...process.env, ...env, RACA_CHILD: '1' },
        detached: process.platform !== 'win32',
      });
      const stop = (): void => void child.kill('SIGINT');
      signal?.addEventListener('abort', stop, { once: true });
      if (signal?.aborted) stop();
      let stdout = '';
      let reason = '';
      if (onLine) createInterface(child.stdout!).on('line', onLine);
      else
        child.stdout!.on('data', (chunk) => {
          stdout += chunk;
        });
      createInterface(child.stderr!).on('line', (line) => {
        if (line.trim()) reason = line.trim();
      });
      child.on('error', reject);
      child.on('close', (code, by) => {
        signal?.removeEventListener('abort', stop);
        resolve({ code, signal: by, stdout, reason });
      });
    });
