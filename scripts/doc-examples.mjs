// Checks the types of every ```ts block of the READMEs and docs, and runs it as a module of its own against the
// built packages.
//   node scripts/doc-examples.mjs [document …]
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
import { examplesIn } from './markdown-examples.mjs';
import { root } from './run.mjs';

const only = process.argv.slice(2);
const documents = [
  'README.md',
  ...list('docs').filter((path) => path.endsWith('.md')),
  ...['packages', 'examples'].flatMap(list).map((folder) => `${folder}/README.md`),
].filter((file) => existsSync(join(root, file)) && (only.length === 0 || only.includes(file)));

// a folder that finds every package of ours, as a user's project would
const scratch = mkdtempSync(join(root, 'node_modules', '.doc-examples-'));
let failed = new Set();
let examples = [];
try {
  mkdirSync(join(scratch, 'node_modules', '@raca'), { recursive: true });
  for (const folder of list('packages'))
    symlinkSync(join(root, folder), join(scratch, 'node_modules', '@raca', folder.slice(9)), 'junction');
  examples = documents.flatMap(examplesOf);
  const errors = [...typeErrors(examples), ...examples.flatMap(runError)];
  for (const { place, message } of errors) console.error(`${place}: ${message}`);
  failed = new Set(errors.map(({ place }) => place));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`doc examples: ${examples.length - failed.size} passed, ${failed.size} failed`);
process.exit(failed.size || examples.length === 0 ? 1 : 0);

/** The blocks of a document, each written to a file of its own. */
function examplesOf(document) {
  const text = readFileSync(join(root, document), 'utf8');
  return examplesIn(text).map(({ line, source }, i) => {
    const path = join(scratch, `${document.replace(/\W/g, '-')}-${i}.ts`);
    writeFileSync(path, source);
    return { place: `${document}:${line}`, source, path };
  });
}

/** Types as the sources have them. */
function typeErrors(all) {
  const file = join(root, 'tsconfig.json');
  const { config } = ts.readConfigFile(file, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(
    all.map(({ path }) => path),
    { ...options, noUnusedLocals: false },
  );
  return all.flatMap(({ path, place }) => {
    const source = program.getSourceFile(path);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map(({ messageText, start }) => {
      const line = source.getLineAndCharacterOfPosition(start ?? 0).line + 1;
      return { place, message: `line ${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}` };
    });
  });
}

function runError({ source, path, place }) {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  const built = path.replace(/ts$/, 'mjs');
  writeFileSync(built, outputText);
  const options = { cwd: scratch, encoding: 'utf8', timeout: 60_000 };
  const { status, signal, stderr } = spawnSync(process.execPath, [built], options);
  return status === 0 ? [] : [{ place, message: stderr || `ended by ${signal}` }];
}

/** Paths in a folder of the repository, relative to its root. */
function list(folder) {
  return existsSync(join(root, folder))
    ? readdirSync(join(root, folder)).map((name) => `${folder}/${name}`)
    : [];
}
