// Writes docs/configuration.md from the schemas; a test compares them.
import { spawnSync } from 'node:child_process';
import { binPath, root } from './run.mjs';

const args = ['run', 'scripts/config-reference.test.ts', '--update'];
const { status } = spawnSync(process.execPath, [binPath('vitest'), ...args], { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
