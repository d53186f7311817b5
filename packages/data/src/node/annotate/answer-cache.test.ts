import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RegionName } from '@raca/core/regions';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AnswerCache } from './answer-cache';

const source = { prompt: 'v1', model: 'made-up' };
const answers: [string, RegionName[]][] = [
  ['heart normal', ['Heart']],
  ['lungs clear', ['Lung fields']],
  ['two views', []],
];
let dir: string;
let path: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'raca-cache-'));
  path = join(dir, 'sub', 'cache.jsonl');
  const cache = new AnswerCache(path, source);
  cache.add(answers);
  cache.close();
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** What a fresh start knows. */
function known(from = source): (RegionName[] | undefined)[] {
  const cache = new AnswerCache(path, from);
  const found = answers.map(([sentence]) => cache.get(sentence));
  cache.close();
  return found;
}

it('knows after a restart what it was told, by prompt, model and sentence', () => {
  expect(known()).toEqual([['Heart'], ['Lung fields'], []]);
  expect(known({ ...source, model: 'another' })).toEqual([undefined, undefined, undefined]);
  expect(known({ ...source, prompt: 'v2' })).toEqual([undefined, undefined, undefined]);
});

it('holds no text', () => {
  expect(readFileSync(path, 'utf8')).not.toMatch(/heart normal|lungs clear/);
});

it('passes over a last line cut at any byte, and goes on behind it', () => {
  const whole = readFileSync(path);
  const start = whole.lastIndexOf('\n', whole.length - 2) + 1; // of the last line
  for (let end = start; end < whole.length; end += 7) {
    writeFileSync(path, whole);
    truncateSync(path, end);
    const complete = end === whole.length - 1; // only the line break is missing
    expect(known()).toEqual([['Heart'], ['Lung fields'], complete ? [] : undefined]);
    const cache = new AnswerCache(path, source);
    cache.add([['two views', ['Spine']]]);
    cache.close();
    expect(known()).toEqual([['Heart'], ['Lung fields'], ['Spine']]);
  }
});

it('passes over lines that are no answers', () => {
  const key = JSON.parse(readFileSync(path, 'utf8').split('\n')[0]).key;
  appendFileSync(path, `not JSON\n{"key": "${key}", "regions": ["Liver"]}\n[]\n\n`);
  expect(known()).toEqual([['Heart'], ['Lung fields'], []]);
});
