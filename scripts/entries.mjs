// Loads every published entry of every package by import and by require in one process: both must give the same
// values, so that a class or a registration exists once.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './run.mjs';

const PROGRAM = `
import { createRequire } from 'node:module';
const require = createRequire(process.cwd() + '/package.json');
const problems = [];
for (const specifier of process.argv.slice(1)) {
  const imported = await import(specifier);
  const required = require(specifier);
  const names = (m) => Object.keys(m).filter((name) => name !== 'default').sort().join();
  if (names(imported) !== names(required))
    problems.push(specifier + ': import gives ' + names(imported) + '; require gives ' + names(required));
  for (const name of Object.keys(required).filter((name) => imported[name] !== required[name]))
    problems.push(specifier + ': import and require have a ' + name + ' each');
}
process.stdout.write('\\n=' + JSON.stringify(problems));
`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = readdirSync(join(root, 'packages')).flatMap(problemsOf);
  for (const problem of problems) console.error(problem);
  console.log(problems.length ? `entries: ${problems.length} problems` : 'entries: all load, each once');
  process.exitCode = problems.length ? 1 : 0;
}

/** What is wrong with the entries of a package, a line each; none if all is well. */
export function problemsOf(folder) {
  const cwd = join(root, 'packages', folder);
  const { name, exports } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'));
  const specifiers = Object.keys(exports)
    .filter((key) => key !== './package.json')
    .map((key) => name + key.slice(1));
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', PROGRAM, ...specifiers],
    { cwd, encoding: 'utf8' },
  );
  if (status === 0) return JSON.parse(stdout.split('\n=').at(-1));
  return [`${name}: ${stderr.split('\n').find((line) => /Error/.test(line)) ?? `exit code ${status}`}`];
}
