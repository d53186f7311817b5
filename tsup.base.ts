import type { Options } from 'tsup';

/** What every package builds: ESM, CJS and types from the same entries, source maps, nothing bundled twice. */
export const base = (entry: string[], options: Options = {}): Options => ({
  entry,
  format: ['esm', 'cjs'],
  dts: process.env.RACA_SKIP_TYPES !== '1',
  tsconfig: '../../tsconfig.build.json',
  target: 'es2022',
  sourcemap: true,
  clean: true,
  treeshake: false,
  ...options,
});
