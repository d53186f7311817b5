import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ours = fileURLToPath(new URL('../bench/ours.mjs', import.meta.url));

// a program of its own, which nobody else calls: so that it is seen when what it measures changes
it.each(['train', 'generate'])(
  'the benchmark still runs its workload %s',
  (name) => {
    const sizes = ['--runs', '1', '--batch', '1', '--tokens', '12', '--vocabulary', '30'];
    const out = execFileSync(process.execPath, [ours, name, ...sizes], { encoding: 'utf8' });
    expect(JSON.parse(out)).toMatchObject({ workload: name, seconds: expect.any(Number) });
  },
  120_000,
);
