// The README examples of the packed packages.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { examplesIn } from '../markdown-examples.mjs';
import { lastLine, withoutChoice } from './project.mjs';

/** Runs each `ts` block of the installed READMEs as a module. @returns how many there are, and what is wrong, a line each */
export function runExamples(folder) {
  const scope = join(folder, 'node_modules', '@raca');
  const examples = readdirSync(scope).flatMap((name) =>
    examplesIn(readFileSync(join(scope, name, 'README.md'), 'utf8')).map((example) => ({ name, ...example })),
  );
  const problems = examples.flatMap(({ name, line, source }, i) => {
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
    const file = `example-${i}.mjs`;
    writeFileSync(join(folder, file), ts.transpileModule(source, { compilerOptions }).outputText);
    const options = { cwd: folder, encoding: 'utf8', env: withoutChoice(), timeout: 120_000 };
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], options);
    if (status !== 0) return [`@raca/${name}/README.md:${line}: ${lastLine(stderr)}`];
    const advert = source.includes('@raca/backend') && /TensorFlow\.js in Node\.js/.test(stdout + stderr);
    return advert ? [`@raca/${name}/README.md:${line}: prints tfjs's advice to install tfjs-node`] : [];
  });
  return { count: examples.length, problems };
}
