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
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { inStage, placeOf } from './stage';

let dir: string;
let out: string;
let stage: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'raca-stage-'));
  out = join(dir, 'set');
  stage = join(dir, '.set.import');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const recipe = { kind: 'import', n: 1 };
const fill = async (folder: string): Promise<void> => {
  writeFileSync(join(folder, 'annotation.json'), '{}');
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ recipe }));
};
const old = (): void => {
  mkdirSync(out);
  writeFileSync(join(out, 'precious'), 'old');
};

it('makes a folder, and knows it again', async () => {
  await inStage(out, recipe, false, fill);
  expect(placeOf(out, recipe)).toBe('same');
  expect(placeOf(out, { ...recipe, n: 2 })).toBe('other import');
  expect(readdirSync(dir)).toEqual(['set']);
});

it('leaves the folder that it is to replace until the new one is whole', async () => {
  old();
  const failing = inStage(out, recipe, true, async (folder) => {
    await fill(folder);
    expect(readFileSync(join(out, 'precious'), 'utf8')).toBe('old');
    throw new Error('broken off');
  });
  await expect(failing).rejects.toThrow('broken off');
  expect(readFileSync(join(out, 'precious'), 'utf8')).toBe('old');
  await inStage(out, recipe, true, fill);
  expect(existsSync(join(out, 'precious'))).toBe(false);
});

it('brings back what a kill between the renames had set aside', () => {
  mkdirSync(join(dir, `.set.${2 ** 30}.0123456789ab.old`));
  writeFileSync(join(dir, `.set.${2 ** 30}.0123456789ab.old`, 'manifest.json'), JSON.stringify({ recipe }));
  expect(placeOf(out, recipe)).toBe('other import');
});

function linkedStage(): void {
  mkdirSync(join(dir, 'theirs', 'a'), { recursive: true });
  symlinkSync(join(dir, 'theirs'), stage);
}

it.each([
  ['a folder of the user’s', () => mkdirSync(join(stage, 'photos'), { recursive: true }), 'other files'],
  ['a link', linkedStage, 'a link'],
  ['a file', () => writeFileSync(stage, 'notes'), 'a file'],
])('never empties %s that has the name of the stage', async (_, make, found) => {
  make();
  const before = readdirSync(dir, { recursive: true }).length;
  await expect(inStage(out, recipe, false, fill)).rejects.toThrow(`found ${found}: move it away`);
  expect(readdirSync(dir, { recursive: true })).toHaveLength(before);
});

it('goes on in the stage of a killed import, and empties one of another recipe', async () => {
  mkdirSync(join(stage, 'images'), { recursive: true });
  writeFileSync(join(stage, '.recipe'), JSON.stringify(recipe));
  writeFileSync(join(stage, 'images', 'done.png'), '1');
  writeFileSync(join(stage, 'images', 'half.png.77.0123456789ab.tmp'), '1');
  await inStage(out, recipe, false, async (folder) => {
    expect(readdirSync(join(folder, 'images'))).toEqual(['done.png']);
    throw new Error('again');
  }).catch(() => {});
  await inStage(out, { ...recipe, n: 2 }, false, async (folder) => {
    expect(existsSync(join(folder, 'images'))).toBe(false);
    await fill(folder);
  });
});

it('stands back while another process works', async () => {
  mkdirSync(stage);
  writeFileSync(join(stage, '.lock'), JSON.stringify({ pid: process.ppid, host: hostname() }));
  await expect(inStage(out, recipe, false, fill)).rejects.toThrow(`an import by process ${process.ppid}`);
});
