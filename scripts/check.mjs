// What a change must pass. All steps run, then a list says which failed.
//   node scripts/check.mjs [part of a step's name …]
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { binPath, root } from './run.mjs';

const script = (name) => join(root, 'scripts', name);
const packages = readdirSync(join(root, 'packages'));
const steps = [
  ['lint', binPath('biome'), 'ci', '.'],
  ['types', binPath('tsc'), '--noEmit', '-p', 'tsconfig.json'],
  ['unused code', binPath('knip')],
  ...packages.flatMap((name) => [
    [`publint ${name}`, binPath('publint'), 'run', '--strict', '--pack', 'npm', join('packages', name)],
    [`attw ${name}`, binPath('attw'), '--pack', join('packages', name), '--profile', 'node16'],
  ]),
  ['entries', script('entries.mjs')],
  ['doc examples', script('doc-examples.mjs')],
  ['tests', script('test.mjs')],
];

const only = process.argv.slice(2);
const chosen = steps.filter(([name]) => only.length === 0 || only.some((part) => name.includes(part)));
if (chosen.length === 0) {
  console.error(`check: expected part of a step's name (${steps.map(([name]) => name).join(', ')})`);
  process.exit(2);
}
const failed = chosen.filter(([name, ...args]) => {
  console.log(`\n── ${name}`);
  const { status, signal } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (signal) process.exit(130);
  return status !== 0;
});
for (const [name] of failed) console.error(`failed: ${name}`);
if (failed.length === 0) console.log(`\n${chosen.length} checks passed`);
process.exit(failed.length ? 1 : 0);
