import { defineConfig } from 'tsup';
import { base } from '../../tsup.base';

/** `worker` and `phantom-worker` are started as threads by `node`. */
export default defineConfig(
  base([
    'src/index.ts',
    'src/dicom.ts',
    'src/json.ts',
    'src/node.ts',
    'src/worker.ts',
    'src/phantom-worker.ts',
  ]),
);
