import '@tensorflow/tfjs-backend-cpu';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { vectorFlags } from './processor';
import { installedVersions } from './versions';

const packages = fileURLToPath(new URL('../../../', import.meta.url));
const manifest = (folder: string) => JSON.parse(readFileSync(join(packages, folder, 'package.json'), 'utf8'));

it('knows the versions of all packages that a run depends on', async () => {
  await tf.ready();
  const versions = installedVersions();
  const below = readdirSync(packages).filter((folder) => !['cli', 'checks'].includes(folder)); // no run depends on these
  for (const { name, version } of below.map(manifest)) expect(versions[name], name).toBe(version);
  expect(versions.node).toBe(process.versions.node);
  for (const name of ['core', 'layers', 'backend-cpu'])
    expect(versions[`@tensorflow/tfjs-${name}`]).toMatch(/^4\./);
  expect(versions.sharp).toMatch(/^\d/);
});

it('tells the vector extensions of a processor', () => {
  const x86 =
    'model name\t: X\nflags\t\t: fpu sse4_2 fma avx avx2 avx512_vnni amx_tile rdtscp\nflags\t\t: other\n';
  expect(vectorFlags(x86)).toEqual(['sse4_2', 'fma', 'avx', 'avx2', 'avx512_vnni', 'amx_tile']);
  expect(vectorFlags('Features\t: fp asimd asimddp aes sve\n')).toEqual(['asimd', 'asimddp', 'sve']);
  expect(vectorFlags('model name: X')).toBeNull();
  expect(vectorFlags(null)).toBeNull();
});
