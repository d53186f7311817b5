// Runs every ```ts block of the READMEs and docs as a module of its own against the built packages.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { root } from './run.mjs';

const files = [
  'README.md',
  ...list('docs'),
  ...['packages', 'examples'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => `${folder}/${name}/README.md`),
  ),
].filter((file) => existsSync(join(root, file)));

// inside the CLI's folder, which can resolve every package of ours
const scratch = mkdtempSync(join(root, 'packages', 'cli', '.doc-examples-'));
let failed = 0;
let passed = 0;
try {
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    for (const match of text.matchAll(/^```ts( .*)?\n([\s\S]*?)^```/gm)) {
      if (match[1]?.includes('no-run')) continue;
      const line = text.slice(0, match.index).split('\n').length;
      const { outputText } = ts.transpileModule(match[2], {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
      });
      const path = join(scratch, `example-${passed + failed}.mjs`);
      writeFileSync(path, outputText);
      const result = spawnSync(process.execPath, [path], { cwd: scratch, encoding: 'utf8', timeout: 60_000 });
      if (result.status === 0) passed++;
      else {
        failed++;
        console.error(`${relative(root, join(root, file))}:${line}: ${result.stderr || result.signal}`);
      }
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`doc examples: ${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);

function list(folder) {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);
}
