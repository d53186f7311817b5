import { DRAWN_NOTICE } from '@raca/pipeline';
import { vi } from 'vitest';
import { main } from '../main';
import { BANNER } from '../output';

/** What is said beside errors. */
const SAID = [BANNER, DRAWN_NOTICE, 'The images are drawn by a program: a test bed, no patients.'];

/** What a command left behind. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  /** Lines on standard error, without banner and notice. */
  readonly errors: readonly string[];
}

/** For tests: runs the command in this process and collects what it prints. */
export async function runCommand(...argv: string[]): Promise<Outcome> {
  let stdout = '';
  let stderr = '';
  const out = (text: unknown) => {
    stdout += text;
    return true;
  };
  const err = (text: unknown) => {
    stderr += text;
    return true;
  };
  const spies = [
    vi.spyOn(console, 'log').mockImplementation((text) => void out(`${text}\n`)),
    vi.spyOn(console, 'error').mockImplementation((text) => void err(`${text}\n`)),
    vi.spyOn(console, 'warn').mockImplementation((text) => void err(`${text}\n`)),
    vi.spyOn(process.stdout, 'write').mockImplementation(out),
    vi.spyOn(process.stderr, 'write').mockImplementation(err),
  ];
  try {
    const code = await main(argv);
    const errors = stderr.split('\n').filter((line) => line !== '' && !SAID.includes(line));
    return { code, stdout, errors };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
