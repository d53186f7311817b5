import { defineConfig } from 'tsup';
import { base } from '../../tsup.base';

/** `shims` gives the CommonJS build its `import.meta.url`: `ablate` starts the script beside it. */
export default defineConfig(base(['src/index.ts', 'src/raca.ts'], { shims: true }));
