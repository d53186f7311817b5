import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { importsOf, MAY_IMPORT, type PackageFiles, violations } from './import-rules';

const root = fileURLToPath(new URL('../', import.meta.url));

describe('the packages', () => {
  const packages = readdirSync(join(root, 'packages'))
    .filter((name) => existsSync(join(root, 'packages', name, 'package.json')))
    .map(readPackage);

  it('are all there', () => {
    expect(packages.map(({ name }) => name).sort()).toEqual(Object.keys(MAY_IMPORT).sort());
    for (const { name, sources } of packages) expect(sources.size, name).toBeGreaterThan(0);
  });

  it('import in one direction only, declare what they import, keep Node and tfjs where they belong', () => {
    expect(violations(packages)).toEqual([]);
  });
});

describe('the examples', () => {
  const files = list(join(root, 'examples')).filter((file) => /\.(mjs|ts)$/.test(file));
  const exported = new Set(
    readdirSync(join(root, 'packages')).flatMap((name) =>
      Object.keys(readPackage(name).manifest.exports ?? {}).map((entry) => `@raca/${name}${entry.slice(1)}`),
    ),
  );

  it('import only published entry points', () => {
    const wrong = files.flatMap((file) =>
      importsOf(file, readFileSync(file, 'utf8'))
        .filter((s) => (s.startsWith('@raca/') ? !exported.has(s) : /\/(packages|dist)\//.test(s)))
        .map((s) => `${relative(root, file)}: ${s}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe('violations', () => {
  const made = (name: string, files: Record<string, string>, manifest = {}): PackageFiles => ({
    name,
    manifest,
    sources: new Map(Object.entries({ 'src/index.ts': '', ...files })),
  });
  const core = { '@raca/core': '*' };

  it.each([
    [
      'a module that imports another',
      made(
        'bca',
        { 'src/index.ts': "import type { X } from '@raca/decoder';" },
        { peerDependencies: { '@raca/decoder': '*' } },
      ),
      'bca/src/index.ts: must not import @raca/decoder',
    ],
    [
      'a dependency against the direction',
      made('data', {}, { dependencies: { '@raca/metrics': '*' } }),
      'data/package.json: must not depend on @raca/metrics',
    ],
    [
      'metrics with tfjs',
      made(
        'metrics',
        { 'src/a.ts': "import * as tf from '@tensorflow/tfjs-core';" },
        { peerDependencies: { '@tensorflow/tfjs-core': '*' } },
      ),
      'metrics/src/a.ts: must not import @tensorflow/tfjs-core',
    ],
    [
      'Node behind a root entry',
      made('vision', {
        'src/index.ts': "export * from './parts';",
        'src/parts/index.ts': "export { a } from '../a';",
        'src/a.ts': "import { readFileSync } from 'node:fs';",
      }),
      'vision/src/a.ts: imports node:fs, reachable from src/index.ts',
    ],
    [
      'Node without the prefix, imported late',
      made('vision', { 'src/index.ts': "const fs = await import('fs');" }),
      'vision/src/index.ts: imports fs, reachable from src/index.ts',
    ],
    [
      "another package's /node entry",
      made('vision', { 'src/index.ts': "import '@raca/core/node';" }, { dependencies: core }),
      'vision/src/index.ts: imports @raca/core/node, reachable from src/index.ts',
    ],
    [
      'a copy of tfjs',
      made('bca', {}, { dependencies: { '@tensorflow/tfjs-core': '*' } }),
      'bca/package.json: @tensorflow/tfjs-core must be a peer dependency',
    ],
    [
      'an undeclared dependency',
      made('bca', { 'src/index.ts': "import { z } from 'zod';" }),
      'bca/src/index.ts: imports zod, which package.json does not declare',
    ],
    [
      'files that need each other',
      made('bca', {
        'src/index.ts': "export * from './a';",
        'src/a.ts': "import type { C } from './c';\nimport { b, type B } from './b';",
        'src/b.ts': "export { c } from './c';",
        'src/c.ts': "import './a';",
      }),
      'bca: imports in a circle: src/a.ts > src/b.ts > src/c.ts > src/a.ts',
    ],
    ['an unknown package', made('other', {}), 'other: a package that scripts/import-rules.ts does not know'],
  ])('finds %s', (_, pkg, message) => {
    expect(violations([pkg])).toEqual([message]);
  });

  it('lets types and late imports point back', () => {
    const pkg = made('bca', {
      'src/index.ts': "export * from './a';",
      'src/a.ts': "import { b } from './b';\nimport { type C, c } from './c';",
      'src/b.ts': "import type { A } from './a';\nexport { type B } from './a';",
      'src/c.ts': "import { type A, type B } from './a';\nexport const late = () => import('./a');",
    });
    expect(violations([pkg])).toEqual([]);
  });

  it('lets Node pass behind /node', () => {
    const pkg = made(
      'data',
      { 'src/node.ts': "import 'node:fs';" },
      { exports: { '.': {}, './node': {}, './package.json': '' } },
    );
    expect(violations([pkg])).toEqual([]);
  });
});

function readPackage(name: string): PackageFiles {
  const folder = join(root, 'packages', name);
  const files = list(join(folder, 'src')).filter((file) => /(?<!\.test)\.ts$/.test(file));
  return {
    name,
    manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')),
    sources: new Map(
      files
        .map((file) => [relative(folder, file).replaceAll('\\', '/'), file] as const)
        .filter(([path]) => !isTestHelper(name, path))
        .map(([path, file]) => [path, readFileSync(file, 'utf8')]),
    ),
  };
}

/** Files that only tests import and no entry reaches; `testing` of core is a published entry. */
function isTestHelper(name: string, path: string): boolean {
  return (
    name !== 'core' && /(\/(testing|hostile)(\/|\.ts$)|\/golden-case\.ts$|\/toy-[a-z-]+\.ts$)/.test(path)
  );
}

function list(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules' || entry.name === 'dist') return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? list(path) : [path];
  });
}
