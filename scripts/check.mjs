// What a change must pass: lint, types, tests, doc examples, package checks, unused code.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { bin, root, run } from './run.mjs';

const step = (name, work) => {
  console.log(`\n── ${name}`);
  work();
};

step('lint', () => bin('biome', ['ci', '.']));
step('types', () => bin('tsc', ['--noEmit', '-p', 'tsconfig.json']));
step('unused code', () => bin('knip', []));
step('tests', () => run(process.execPath, [join(root, 'scripts/test.mjs')]));
step('doc examples', () => run(process.execPath, [join(root, 'scripts/doc-examples.mjs')]));
for (const name of readdirSync(join(root, 'packages'))) {
  const folder = join(root, 'packages', name);
  step(`publint ${name}`, () => bin('publint', ['run', '--strict', '--pack', 'npm', folder]));
  step(`attw ${name}`, () => bin('attw', ['--pack', folder, '--profile', 'node16']));
}
console.log('\nall checks passed');
