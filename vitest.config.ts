import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const packages = fileURLToPath(new URL('./packages/', import.meta.url));

/** Tests run against the sources; `@raca/x` and `@raca/x/sub` resolve to `packages/x/src/{index,sub}.ts`. */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^@raca\/([a-z-]+)$/, replacement: `${packages}$1/src/index.ts` },
      { find: /^@raca\/([a-z-]+)\/([a-z-]+)$/, replacement: `${packages}$1/src/$2.ts` },
    ],
  },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'examples/**/*.test.ts', 'scripts/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
