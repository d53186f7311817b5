// Runs every ```ts block of the READMEs and docs as a module of its own against the built packages.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from './run.mjs';

const only = process.argv.slice(2); // paths relative to the root; default all
const files = [
  'README.md',
  ...list('docs').filter((path) => path.endsWith('.md')),
  ...['packages', 'examples'].flatMap(list).map((folder) => `${folder}/README.md`),
].filter((file) => existsSync(join(root, file)) && (only.length === 0 || only.includes(file)));

// a folder that finds every package of ours, as a user's project would
const scratch = mkdtempSync(join(root, 'node_modules', '.doc-examples-'));
let failed = 0;
let passed = 0;
try {
  mkdirSync(join(scratch, 'node_modules', '@raca'), { recursive: true });
  for (const folder of list('packages'))
    symlinkSync(join(root, folder), join(scratch, 'node_modules', '@raca', folder.slice(9)), 'junction');
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    for (const match of text.matchAll(/^```ts\r?\n([\s\S]*?)^```/gm)) {
      const line = text.slice(0, match.index).split('\n').length;
      const error = runExample(match[1]);
      if (error === null) passed++;
      else {
        failed++;
        console.error(`${file}:${line}: ${error}`);
      }
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`doc examples: ${passed} passed, ${failed} failed`);
process.exit(failed || passed === 0 ? 1 : 0);

/** What went wrong, or null. */
function runExample(source) {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  const path = join(scratch, `example-${passed + failed}.mjs`);
  writeFileSync(path, outputText);
  const { status, signal, stderr } = spawnSync(process.execPath, [path], {
    cwd: scratch,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return status === 0 ? null : stderr || `ended by ${signal}`;
}

/** Paths in a folder of the repository, relative to its root. */
function list(folder) {
  return existsSync(join(root, folder))
    ? readdirSync(join(root, folder)).map((name) => `${folder}/${name}`)
    : [];
}
