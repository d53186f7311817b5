import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { problemsOf } from './entries.mjs';

const built = existsSync(fileURLToPath(new URL('../packages/pipeline/dist/index.mjs', import.meta.url)));
if (!built) console.warn('skipped: the packages are not built');

// the rest is in `npm run check`
it.runIf(built).each(['core', 'backend', 'pipeline'])(
  '%s: import and require give the same values',
  (name) => {
    expect(problemsOf(name)).toEqual([]);
  },
);
