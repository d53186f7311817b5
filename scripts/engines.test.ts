import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { satisfies, subset } from 'semver';
import { expect, it } from 'vitest';
import { lockedPackages } from './lockfile.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const promised = (folder: string): string =>
  JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')).engines.node;
const folders = (parent: string): string[] =>
  readdirSync(join(root, parent)).map((name) => `${parent}/${name}`);

it('reads the lockfile as pnpm writes it', () => {
  const all = lockedPackages(['packages/pipeline']);
  expect(all.get('vega-lite@6.4.3')).toMatchObject({ engines: { node: '>=20' }, optional: false });
  expect([...all.keys()]).toContain('yargs@18.0.0'); // a dependency of vega-lite
  expect([...all.values()].find(({ name }) => name === 'onnxruntime-node')?.optional).toBe(true);
});

// what is optional is left out by npm where it does not fit
it.each(folders('packages'))('%s promises no Node that one of its dependencies refuses', (folder) => {
  const refused = [...lockedPackages([folder])].flatMap(([key, { engines, optional }]) =>
    optional || engines.node === undefined || subset(promised(folder), engines.node)
      ? []
      : [`${key}: ${engines.node}`],
  );
  expect(refused).toEqual([]);
});

it('needs nothing newer than Node 20.19 to be built and tested', () => {
  const all = lockedPackages(
    ['.', 'bench', ...folders('packages'), ...folders('examples')],
    ['dependencies', 'devDependencies', 'optionalDependencies'],
  );
  expect(all.size).toBeGreaterThan(300);
  const refused = [...all].flatMap(([key, { engines }]) =>
    engines.node === undefined || satisfies('20.19.0', engines.node) ? [] : [`${key}: ${engines.node}`],
  );
  expect(refused).toEqual([]);
});
