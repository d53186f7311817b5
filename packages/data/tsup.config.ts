import { defineConfig } from 'tsup';
import { base } from '../../tsup.base';

/** `worker` is started as a thread by `node`; `shims` gives the CommonJS build its `import.meta.url`. */
export default defineConfig(base(['src/index.ts', 'src/node.ts', 'src/worker.ts'], { shims: true }));
