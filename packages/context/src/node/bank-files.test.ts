import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serializeSafetensors, type TensorToStore } from '@raca/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bankOf } from '../bank/bank';
import { readBank, writeBank } from './bank-files';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'raca-bank-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const bank = bankOf(
  Float32Array.of(1, -2.5, 0, 4, 5, 6),
  ['a', 'ä "b"', 'c'],
  [Int32Array.of(3, 1), null, new Int32Array()],
);

it('reads what it wrote, also over an older one', () => {
  writeBank(join(dir, 'new'), bankOf(new Float32Array(), [], []));
  expect(readBank(join(dir, 'new')).ids).toEqual([]);
  writeBank(join(dir, 'new'), bank);
  expect(readBank(join(dir, 'new'))).toEqual(bank);
  const { vectors, ids, reports } = bank;
  const more = bankOf(vectors, ids, reports, {
    groups: Int32Array.of(4, 0, 4),
    words: ['.', '<unk>', 'heart'],
  });
  writeBank(join(dir, 'more'), more);
  expect(readBank(join(dir, 'more'))).toEqual(more);
});

it('finds a pair of files that do not belong together', () => {
  writeBank(dir, bank);
  const old = readFileSync(join(dir, 'bank.json'));
  writeBank(dir, bankOf(Float32Array.of(1, -2.5, 0, 4, 5, 7), bank.ids, bank.reports));
  writeFileSync(join(dir, 'bank.json'), old); // as after a kill between the two
  expect(() => readBank(dir)).toThrow('expected the file that bank.json was written for, found another');
});

/** A folder with these tensors and the right hash. */
function hostile(tensors: Record<string, TensorToStore>, header: Record<string, unknown> = {}): void {
  const file = serializeSafetensors(new Map(Object.entries(tensors)));
  const sha256 = createHash('sha256').update(file).digest('hex');
  writeFileSync(join(dir, 'bank.safetensors'), file);
  const json = { format: 'raca-bank', version: 1, width: 2, sha256, ids: ['a'], ...header };
  writeFileSync(join(dir, 'bank.json'), JSON.stringify(json));
}

const good = {
  vectors: { shape: [1, 2], data: Float32Array.of(1, 2) },
  lengths: { shape: [1], data: Int32Array.of(2) },
  tokens: { shape: [2], data: Int32Array.of(5, 6) },
};

it('reads the good case of the hostile ones', () => {
  hostile(good);
  expect(readBank(dir).reports).toEqual([Int32Array.of(5, 6)]);
});

it.each<[string, Record<string, TensorToStore>, Record<string, unknown>]>([
  ['bank.json: version', good, { version: 2 }],
  ['bank.json: width', good, { width: 1e9 }],
  ['bank.json: ids.0', good, { ids: [1] }],
  ['bank.json: bank: Unrecognized key', good, { extra: true }],
  ['expected vectors of F32 [2,2], found F32 [1,2]', good, { ids: ['a', 'b'] }],
  [
    'expected vectors of F32 [1,2], found I32',
    { ...good, vectors: { shape: [1, 2], data: Int32Array.of(1, 2) } },
    {},
  ],
  ['expected tokens of I32 [any], found none', { vectors: good.vectors, lengths: good.lengths }, {}],
  ['add up to 2 tokens, got 3', { ...good, lengths: { shape: [1], data: Int32Array.of(3) } }, {}],
  ['lengths of −1 to', { ...good, lengths: { shape: [1], data: Int32Array.of(-2) } }, {}],
  ['tokens must be 1 or more, got -5', { ...good, tokens: { shape: [2], data: Int32Array.of(-5, 6) } }, {}],
  ['tokens must be in 1..1, got 5', good, { words: ['.'] }],
  [
    'expected groups of I32 [1], found I32 [2]',
    { ...good, groups: { shape: [2], data: Int32Array.of(0, 0) } },
    {},
  ],
  [
    'found NaN in the case "a"',
    { ...good, vectors: { shape: [1, 2], data: Float32Array.of(1, Number.NaN) } },
    {},
  ],
])('refuses in one line: %s', (message, tensors, header) => {
  hostile(tensors, header);
  let found = '';
  try {
    readBank(dir);
  } catch (error) {
    found = (error as Error).message;
  }
  expect(found).toContain(message);
  expect(found).toContain(dir);
  expect(found).not.toContain('\n');
});

it('names what is missing', () => {
  expect(() => readBank(dir)).toThrow(/bank\.json: expected the names of a bank, found nothing/);
  hostile(good);
  rmSync(join(dir, 'bank.safetensors'));
  expect(() => readBank(dir)).toThrow(/bank\.safetensors: expected the vectors of a bank, found nothing/);
  writeFileSync(join(dir, 'bank.json'), '{');
  expect(() => readBank(dir)).toThrow('bank.json: not JSON');
});
