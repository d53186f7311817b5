import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { smallConfig } from '@raca/pipeline';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfig } from './config-file';
import { readRegions, withRegions } from './region-file';
import { runCommand } from './testing/run-command';

const root = mkdtempSync(join(tmpdir(), 'raca-regions-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const file = (name: string, text: string): string => {
  writeFileSync(join(root, name), text);
  return join(root, name);
};
const SIDES = { name: 'sides', names: ['Left', 'Right'], drawings: null, words: { Left: ['left'] } };
const withPath = (regions: string) => ({ ...smallConfig(), model: { ...smallConfig().model, regions } });
const [mine, strange] = [true, false].map((trusted) => ({ file: 'run/config.json', trusted }));

describe('a set of regions in a file', () => {
  it('is read from JSON and YAML, without a word of trust', async () => {
    const json = file('sides.json', JSON.stringify(SIDES));
    const yaml = file('sides.yaml', 'name: sides\nnames: [Left, Right]\nwords: { Left: [left] }');
    for (const path of [json, yaml]) {
      expect(await readRegions(path, '--regions')).toEqual(SIDES);
      expect((await withRegions(withPath(path), strange)).model.regions).toEqual(SIDES);
    }
    expect(await withRegions(smallConfig(), strange)).toEqual(smallConfig());
  });

  it('is found beside the config that names it', async () => {
    file('sides.json', JSON.stringify(SIDES));
    const config = file('mine.yaml', 'base: small\nmodel: { regions: ./sides.json }');
    expect(readConfig(config).model.regions).toBe(join(root, 'sides.json'));
  });

  it.each([
    ['nothing.json', null, /^model\.regions: .*nothing\.json: .*found nothing/],
    ['text.json', '{', /^model\.regions: .*text\.json: /],
    [
      'wrong.json',
      '{"name":"x","names":["A"],"words":{"B":["b"]}}',
      /words\.B: expected one of the set's regions, found "B"$/,
    ],
  ])('says in one line what is wrong with %s', async (name, text, message) => {
    const path = text === null ? join(root, name) : file(name, text);
    const error = await withRegions(withPath(path), mine).catch((e: Error) => e);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toContain('\n');
  });

  it('is code only where somebody vouches for it', async () => {
    const ran = join(root, 'ran');
    const evil = file(
      'evil.mjs',
      `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(ran)}, ''); export default ${JSON.stringify(SIDES)};`,
    );
    await expect(withRegions(withPath(evil), strange)).rejects.toThrow(
      `run/config.json: model.regions: names the module ${evil}, whose code would run; add --trust-modules if you trust it`,
    );
    expect(existsSync(ran)).toBe(false);
    if (!existsSync(fileURLToPath(new URL('../../pipeline/dist/index.cjs', import.meta.url)))) {
      console.warn('skipped: the packages are not built, so that no module of a user can be imported');
      return;
    }
    expect((await withRegions(withPath(evil), mine)).model.regions).toEqual(SIDES);
    expect(existsSync(ran)).toBe(true);
  });

  it('goes to no server', async () => {
    const { code, errors } = await runCommand(
      ...['annotate', '--data', root, '--regions', join(root, 'sides.json'), '--provider', 'openai'],
    );
    expect(errors[0]).toMatch(/--regions: expected --provider lexicon with it/);
    expect(code).toBe(2);
  });
});
