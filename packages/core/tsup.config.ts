import { defineConfig } from 'tsup';
import { base } from '../../tsup.base';

export default defineConfig(
  base(['src/index.ts', 'src/layers.ts', 'src/testing.ts', 'src/node.ts', 'src/random.ts', 'src/regions.ts']),
);
