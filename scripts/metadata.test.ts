import '@tensorflow/tfjs-backend-cpu';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from '@raca/cli';
import { buildModel, smallConfig } from '@raca/pipeline';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it, vi } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
const { parse } = createRequire(join(root, 'packages/cli/package.json'))('yaml');
const json = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'));
const citation = (folder: string) => parse(readFileSync(join(root, folder, 'CITATION.cff'), 'utf8'));

const { version, repository } = json('package.json');
const home = repository.url.replace(/^git\+|\.git$/g, '');
const packages = readdirSync(join(root, 'packages'));

describe('one version', () => {
  it.each(packages)('%s has it, in package.json and CITATION.cff', (name) => {
    expect(json(`packages/${name}/package.json`).version).toBe(version);
    expect(citation(`packages/${name}`).version).toBe(version);
  });

  it('is that of the whole, of the command and of every module', async () => {
    expect(citation('.').version).toBe(version);
    const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    await main(['--version']);
    const text = said.mock.calls.join('');
    said.mockRestore();
    expect(text.trim()).toBe(version);
    await tf.setBackend('cpu');
    const model = buildModel(smallConfig().model, { vocabularySize: 5, separator: 1, seed: 1 });
    for (const module of Object.values(model.parts))
      if (module) expect(module.info.version, module.info.name).toBe(version);
    model.dispose();
  });

  it('moves for all packages together', () => {
    expect(json('.changeset/config.json').fixed).toEqual([['@raca/*']]);
  });
});

it.each(packages)('the manifest of %s says where it comes from', (name) => {
  const manifest = json(`packages/${name}/package.json`);
  const folder = `packages/${name}`;
  expect(manifest).toMatchObject({
    name: `@raca/${name}`,
    license: 'Apache-2.0',
    homepage: `${home}/tree/main/${folder}#readme`,
    bugs: { url: `${home}/issues` },
    repository: { type: 'git', url: `git+${home}.git`, directory: folder },
  });
  expect(manifest.description).toMatch(/\w/);
  expect(manifest.files).toContain('CITATION.cff');
});

/** Of the Citation File Format 1.2.0: what a reference of these types may say here. */
const FIELDS = [
  ...[
    'type',
    'title',
    'authors',
    'year',
    'doi',
    'url',
    'repository-code',
    'notes',
    'identifiers',
    'conference',
  ],
  ...['journal', 'volume', 'issue', 'start', 'end', 'collection-title'],
];
const TYPES = ['generic', 'software', 'article', 'conference-paper'];

interface Reference extends Record<string, unknown> {
  readonly type: string;
  readonly title: string;
  readonly authors: readonly Record<string, string>[];
}

describe.each(['.', ...packages.map((name) => `packages/${name}`)])('%s/CITATION.cff', (folder) => {
  const cff = citation(folder);
  it('has what the format asks for', () => {
    expect(cff).toMatchObject({ 'cff-version': '1.2.0', type: 'software', license: 'Apache-2.0' });
    for (const field of ['message', 'title']) expect(cff[field]).toMatch(/\w/);
    expect(cff['repository-code']).toBe(home);
    for (const author of cff.authors) expect(author.name ?? author['family-names']).toMatch(/\w/);
  });
  it('names its sources in the format’s fields', () => {
    const references: Reference[] = cff.references ?? [];
    for (const { type, title, authors, ...more } of references) {
      expect(TYPES).toContain(type);
      expect(title).toMatch(/\w/);
      expect(authors.length).toBeGreaterThan(0);
      expect(FIELDS).toEqual(expect.arrayContaining(Object.keys(more)));
      if (more.doi) expect(more.doi).toMatch(/^10\.\d{4,9}\/[\w.;:()/-]+$/);
    }
    if (folder === '.') {
      const named = references.map((one) => `${one.type} ${one.doi ?? one.url ?? one['repository-code']}`);
      expect(named).toEqual([
        'generic https://github.com/fdngh/RACA',
        'software https://github.com/fdngh/RACA',
        'conference-paper 10.18653/v1/2020.emnlp-main.112',
        'article 10.1093/jamia/ocv080',
        'article 10.1038/s41597-019-0322-0',
      ]);
    }
  });
});
