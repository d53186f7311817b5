// Raises the version that all packages share, as the changesets ask, and writes it to package.json and every CITATION.cff.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { binPath, root } from './run.mjs';

const { status } = spawnSync(process.execPath, [binPath('changeset'), 'version'], {
  cwd: root,
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);
const { version } = JSON.parse(readFileSync(join(root, 'packages/core/package.json'), 'utf8'));
edit('package.json', (text) => text.replace(/"version": ".*"/, `"version": "${version}"`));
const folders = readdirSync(join(root, 'packages')).map((name) => join('packages', name));
for (const folder of ['.', ...folders])
  edit(join(folder, 'CITATION.cff'), (text) => text.replace(/^version: .*$/m, `version: ${version}`));
console.log(`version ${version}`);

function edit(file, change) {
  writeFileSync(join(root, file), change(readFileSync(join(root, file), 'utf8')));
}
