// Loads every published entry of every package, by import and by require, and compares what they export.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.mjs';

let failed = 0;
let passed = 0;
for (const folder of readdirSync(join(root, 'packages'))) {
  const cwd = join(root, 'packages', folder);
  const { name, exports } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'));
  for (const entry of Object.keys(exports).filter((key) => key !== './package.json')) {
    const specifier = name + entry.slice(1);
    const problem = differenceOf(specifier, cwd);
    if (problem === null) passed++;
    else {
      failed++;
      console.error(`${specifier}: ${problem}`);
    }
  }
}
console.log(`entries: ${passed} load, ${failed} do not`);
process.exit(failed ? 1 : 0);

/** What is wrong with an entry, or null. */
function differenceOf(specifier, cwd) {
  const quoted = JSON.stringify(specifier);
  const imported = names(`import(${quoted}).then((m) => print(m))`, cwd);
  const required = names(`print(require(${quoted}))`, cwd);
  if (imported.error) return `import: ${imported.error}`;
  if (required.error) return `require: ${required.error}`;
  if (imported.names === required.names) return null;
  return `import gives ${imported.names}, require gives ${required.names}`;
}

function names(load, cwd) {
  const print = "const print = (m) => process.stdout.write('\\n=' + Object.keys(m).sort().join())";
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', `${print};${load}`], {
    cwd,
    encoding: 'utf8',
  });
  if (status === 0) return { names: stdout.split('\n=').at(-1) };
  return { error: stderr.split('\n').find((line) => /Error/.test(line)) ?? `exit code ${status}` };
}
