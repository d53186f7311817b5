import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A command's arguments, or a picture to read. */
export type Task = readonly string[] | { readonly picture: string };

/** What a command left behind. */
export interface Served {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Largest memory of the process that ran it, in bytes. */
  readonly peak: number;
  readonly milliseconds: number;
}

/** Longest that a command may take, in milliseconds; far above what is wanted, since a busy machine is slow. */
const HANG = 40_000;

/** Runs commands in a process beside the tests, so that one which hangs or dies can be told from one that fails. */
export class CommandServer {
  private child: ChildProcess | null = null;

  /** @throws Error when the command hangs or its process dies */
  async run(task: Task, cwd: string): Promise<Served> {
    const child = this.start(cwd);
    const began = performance.now();
    return new Promise<Served>((resolve, reject) => {
      const timer = setTimeout(() => end(new Error(`hangs: no end after ${HANG / 1000} s`)), HANG);
      const end = (error: Error): void => {
        this.stop();
        reject(error);
      };
      const died = (code: number | null, signal: string | null): void =>
        end(new Error(`the process died (${signal ?? `exit code ${code}`}): ${stderr.slice(-500)}`));
      let stderr = '';
      const listen = (chunk: Buffer): void => {
        stderr += chunk;
      };
      child.stderr!.on('data', listen);
      child.once('exit', died);
      child.once('message', (answer: Omit<Served, 'milliseconds'>) => {
        clearTimeout(timer);
        child.off('exit', died);
        child.stderr!.off('data', listen);
        const milliseconds = performance.now() - began;
        if (answer.peak > RENEW) this.stop(); // what follows is measured from the start
        resolve({ ...answer, stderr: stderr + answer.stderr, milliseconds });
      });
      child.send(task);
    });
  }

  stop(): void {
    this.child?.removeAllListeners('exit');
    this.child?.kill('SIGKILL');
    this.child = null;
  }

  private start(cwd: string): ChildProcess {
    const program = fileURLToPath(new URL('./serve-commands.cjs', import.meta.url));
    this.child ??= fork(program, [], { cwd, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    return this.child;
  }
}

const RENEW = 500e6;
