import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const built = existsSync(fileURLToPath(new URL('../packages/cli/dist/raca.js', import.meta.url)));
if (!built) console.warn('skipped: the packages are not built, so there is no command to end');

it.skipIf(!built)(
  'commands that are ended at some moments go on to the same result',
  () => {
    const script = fileURLToPath(new URL('faults.mjs', import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--moments', '8'], {
      encoding: 'utf8',
    });
    expect(status, `${stdout}\n${stderr}`).toBe(0);
  },
  300_000,
);
