import { spawn, spawnSync } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const command = fileURLToPath(new URL('../dist/raca.js', import.meta.url));
const built = existsSync(command);
if (!built) console.warn('skipped: packages/cli is not built, so there is no command to run');

describe.skipIf(!built)('standard output that nobody takes', () => {
  it.skipIf(!existsSync('/dev/full'))('is an error where the disk is full', () => {
    const { status, stderr } = spawnSync(process.execPath, [command, 'doctor', '--json'], {
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
      encoding: 'utf8',
    });
    expect(stderr).toMatch(/^raca: standard output: ENOSPC[^\n]*$/m);
    expect(stderr).not.toMatch(/^ {4}at .*\.js/m);
    expect(status).toBe(1);
  });

  it('ends the command quietly where the pipe is closed', async () => {
    const child = spawn(process.execPath, [command, 'doctor', '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(stderr).not.toMatch(/EPIPE|^ {4}at .*\.js/m);
    expect(code).toBe(1);
  });
});
