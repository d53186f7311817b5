// Types of the packed packages in strict projects, by import and by require.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastLine } from './project.mjs';

const OPTIONS = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  module: 'node16',
  target: 'es2022',
  lib: ['es2023', 'dom'],
  types: ['node'],
  noEmit: true,
  skipLibCheck: false, // tfjs's own declarations need it: what they say is left out below
};

/** @param folder where the packages and TypeScript are installed @returns what is wrong, a line each */
export function typeProblems(folder) {
  const uses = specifiers(folder).map((name, i) => `import * as m${i} from '${name}';\nexport { m${i} };\n`);
  // what a user's code does with the types
  const code = `import { smallConfig, MODULES, type ModuleTable } from '@raca/pipeline';
import { REGIONS, type Fusion } from '@raca/core';
const first: string | undefined = REGIONS[0];
const width: number = smallConfig().model.width;
const table: ModuleTable = { ...MODULES, fusion: { ...MODULES.fusion } };
export type Mine = Fusion;
export { first, width, table };
`;
  for (const kind of ['mts', 'cts']) writeFileSync(join(folder, `types.${kind}`), uses.join('') + code);
  const files = ['types.mts', 'types.cts'];
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: OPTIONS, files }));
  const tsc = join('node_modules', 'typescript', 'bin', 'tsc');
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', '.', '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  });
  const errors = stdout.split('\n').filter((line) => /error TS/.test(line));
  if (status !== 0 && errors.length === 0) return [`tsc: ${lastLine(stderr) || `exit code ${status}`}`];
  return errors.filter((line) => !/^node_modules\/@tensorflow\//.test(line));
}

/** Every entry of every package of ours. */
function specifiers(folder) {
  const scope = join(folder, 'node_modules', '@raca');
  return readdirSync(scope).flatMap((name) => {
    const { exports } = JSON.parse(readFileSync(join(scope, name, 'package.json'), 'utf8'));
    return Object.keys(exports)
      .filter((key) => key !== './package.json')
      .map((key) => `@raca/${name}${key.slice(1)}`);
  });
}
