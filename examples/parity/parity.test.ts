import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSafetensors, serializeSafetensors, type TensorToStore, toFloat32 } from '@raca/core';
import { afterEach, describe, expect, it } from 'vitest';
import { parity } from './parity.mjs';

const golden = fileURLToPath(new URL('../../../shared/golden/', import.meta.url));
const found = existsSync(join(golden, 'raca-iu'));
const why = found ? '' : ' (skipped: ../shared/golden is absent)';

interface Line {
  tensor: string;
  /** In the line that sums up a folder. */
  folder?: string;
  tensors?: number;
  maxAbs: number | null;
  tolerance: number;
  ok: boolean;
}

async function run(...args: string[]) {
  const lines: Line[] = [];
  const complaints: string[] = [];
  const code = await parity(args, {
    cwd: golden,
    line: (json) => lines.push(JSON.parse(json)),
    complain: (text) => complaints.push(text),
  });
  return {
    code,
    lines,
    complaints,
    off: lines.filter(({ ok }) => !ok).map(({ tensor, folder }) => tensor ?? folder),
  };
}

const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A copy of a case with tensors of one of its files changed. */
function edited(
  file: string,
  edit: (tensors: Map<string, TensorToStore>) => void,
  name = 'raca-mimic',
): string {
  const folder = mkdtempSync(join(tmpdir(), 'parity-'));
  made.push(folder);
  cpSync(join(golden, name), folder, { recursive: true });
  const path = join(folder, file);
  const stored = parseSafetensors(new Uint8Array(readFileSync(path))).tensors;
  const tensors = new Map<string, TensorToStore>();
  for (const [name, t] of stored) tensors.set(name, { shape: t.shape, data: toFloat32(t) });
  edit(tensors);
  writeFileSync(path, serializeSafetensors(tensors));
  return folder;
}

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));

// Other sizes than those of ../shared/golden. The ancestors' were made by a PyTorch program that gives the values of those to
// 1.2e-6: 12 wide, 3 heads, 1 layer, 6 patches, a beam of 2; 4 slots of 2 heads, or 2 of 7 rows. The systems' come from NumPy in
// float64, written from the formulas, gradients by central differences: 5 views and 4 pairs, 3 wide; 2 studies of 3 samples, 4 tokens.
describe('parity on folders of other sizes', () => {
  it.each([
    ['r2gen-small', 60],
    ['r2gencmn-small', 60],
    ['mlrg-contrast-small', 13],
    ['policy-objectives-small', 28],
  ])('%s agrees in every tensor', async (name, least) => {
    const { code, lines, off } = await run(fixture(name), '--backend', 'cpu');
    expect({ code, off }).toEqual({ code: 0, off: [] });
    expect(lines.length).toBeGreaterThan(least);
  });
});

const file = (name: string) => parseSafetensors(new Uint8Array(readFileSync(join(golden, name)))).tensors;

describe(`parity${why}`, () => {
  it.skipIf(!found).each([
    ['raca-iu', 'cpu'],
    ['raca-iu', 'wasm'],
    ['raca-mimic', 'cpu'],
  ])('%s agrees in every tensor, on %s', async (name, backend) => {
    const { code, lines, off, complaints } = await run(name, '--backend', backend);
    expect(off).toEqual([]);
    expect({ code, complaints }).toEqual({ code: 0, complaints: [] });
    const compared = lines.map(({ tensor }) => tensor);
    const outputs = [...file(`${name}/io.safetensors`).keys()].filter(
      (t) => t !== 'att_feats' && t !== 'seq',
    );
    expect(compared.filter((t) => !t.includes('/')).sort()).toEqual(outputs.sort());
    expect(compared.filter((t) => t.startsWith('ppo/'))).toHaveLength(5 + 8);
    expect(compared.filter((t) => t.startsWith('optimizer/'))).toHaveLength(2 * 5);
    expect(new Set(compared).size).toBe(compared.length);
    const exact = lines.filter(({ tolerance }) => tolerance === 0).map(({ tensor }) => tensor);
    expect(exact).toEqual(
      expect.arrayContaining(['actions', 'beam_seq', 'greedy_seq', 'greedy_trigram_seq']),
    );
    expect(Math.max(...lines.map(({ tolerance }) => tolerance))).toBe(1e-4);
  });

  it.skipIf(!found).each([
    ['r2gen', 'cpu'],
    ['r2gen', 'wasm'],
    ['r2gencmn', 'cpu'],
    ['r2gencmn', 'wasm'],
  ])('the ancestor %s agrees in every tensor, on %s', async (name, backend) => {
    const { code, lines, off, complaints } = await run(name, '--backend', backend);
    expect(off).toEqual([]);
    expect({ code, complaints }).toEqual({ code: 0, complaints: [] });
    const outputs = [...file(`${name}/io.safetensors`).keys()].filter(
      (t) => t !== 'att_feats' && t !== 'seq',
    );
    expect(lines.map(({ tensor }) => tensor).sort()).toEqual(outputs.sort());
    const exact = lines.filter(({ tolerance }) => tolerance === 0).map(({ tensor }) => tensor);
    expect(exact.sort()).toEqual(['beam_seq', 'greedy_seq', 'greedy_trigram_seq', 'mask']);
  });

  it.skipIf(!found).each([
    ['r2gen', 'model.rm.U.bias', 'relational_memory'],
    ['r2gencmn', 'cmn.linears.2.bias', 'memory_response'],
  ])('%s: sees a weight of the memory that is a thousandth off', async (name, weight, memory) => {
    const folder = edited(
      'weights.safetensors',
      (tensors) => {
        const values = tensors.get(weight)!.data as Float32Array;
        for (let i = 0; i < values.length; i++) values[i] += 1e-3;
      },
      name,
    );
    const { code, off } = await run(folder);
    expect(code).toBe(1);
    expect(off).toEqual(expect.arrayContaining([memory, 'logprobs', 'grad.logit.weight']));
    expect(off).not.toContain('token_embedding');
  });

  it.skipIf(!found)('sees a weight that is a thousandth off, and only what depends on it', async () => {
    const folder = edited('weights.safetensors', (tensors) => {
      const weight = tensors.get('model.esf.fusion.0.bias')!.data as Float32Array;
      for (let i = 0; i < weight.length; i++) weight[i] += 1e-3;
    });
    const { code, off } = await run(folder);
    expect(code).toBe(1);
    expect(off).toEqual(expect.arrayContaining(['bca_out', 'decoder_out', 'logprobs', 'grad.logit.weight']));
    for (const before of ['encoder_out', 'actions', 'text_feats', 'bca_local_mix', 'global_loss']) {
      expect(off).not.toContain(before);
    }
  });

  it.skipIf(!found)('counts tensors that nothing compares, and missing ones, as off', async () => {
    const folder = edited('io.safetensors', (tensors) => {
      tensors.set('surprise', { shape: [1], data: Float32Array.of(1) });
      tensors.delete('grad.logit.bias');
      (tensors.get('beam_seq')!.data as Float32Array)[3] += 1;
      tensors.get('sentence_1_2')?.data.fill(Number.NaN);
    });
    const { code, off } = await run(folder);
    expect(code).toBe(1);
    expect(off.sort()).toEqual(['beam_seq', 'grad.logit.bias', 'sentence_1_2', 'surprise']);
  });

  it.skipIf(!found)('sees a wrong step of the optimizer and a file that nobody reads', async () => {
    const folder = edited('optimizer.safetensors', (tensors) => {
      (tensors.get('p2.4')!.data as Float32Array)[0] += 2e-4;
    });
    writeFileSync(join(folder, 'more.safetensors'), serializeSafetensors(new Map()));
    const { code, off } = await run(folder);
    expect({ code, off }).toEqual({ code: 1, off: ['optimizer/p2.4', 'more.safetensors'] });
  });

  it.skipIf(!found)('compares what there is of PPO and optimizer, and says so', async () => {
    const folder = edited('io.safetensors', () => {});
    rmSync(join(folder, 'ppo.safetensors'));
    const { code, complaints } = await run(folder);
    expect({ code, complaints }).toEqual({
      code: 0,
      complaints: ['ppo.safetensors is absent: not compared'],
    });
  });

  it.skipIf(!found)('compares a ResNet by its formulas, on wasm', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parity-'));
    made.push(folder);
    cpSync(join(golden, 'resnet/resnet18.safetensors'), join(folder, 'resnet18.safetensors'));
    const { code, lines } = await run(folder);
    expect(lines.map(({ tensor, tolerance }) => [tensor, tolerance])).toEqual([
      ['resnet18/pooled', 1e-3],
      ['resnet18/patch_slice', 1e-3],
    ]);
    expect(code).toBe(0);
    cpSync(join(golden, 'resnet/resnet18.safetensors'), join(folder, 'resnet7.safetensors'));
    expect((await run(folder)).complaints).toEqual([expect.stringContaining('no ResNet of depth 7')]);
  });

  it.skipIf(!found)('names a weight that does not fit, in one line', async () => {
    const folder = edited('weights.safetensors', (tensors) => tensors.delete('logit.bias'));
    const { code, complaints, lines } = await run(folder);
    expect({ code, lines }).toEqual({ code: 1, lines: [] });
    expect(complaints).toEqual([
      expect.stringMatching(/weights\.safetensors: weight logit\.bias .* missing$/),
    ]);
  });

  it.skipIf(!found)('tells wrong use from a difference', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'parity-'));
    made.push(empty);
    for (const args of [[], ['a', 'b'], ['--fast', 'raca-iu'], ['raca-iu', '--backend', 'abacus']]) {
      expect((await run(...args)).code, args.join(' ')).toBe(2);
    }
    for (const [args, text] of [
      [['absent'], 'no such folder'],
      [[join(golden, 'README.md')], 'not a folder'],
      [[empty], 'unknown layout'],
    ] as const) {
      const { code, complaints } = await run(...args);
      expect(code).toBe(2);
      expect(complaints).toEqual([expect.stringContaining(text)]);
    }
  });
});

/** Systems, and how many values of each are compared. */
const SYSTEMS = {
  crimson: 48,
  'icon-consistency': 36,
  kiut: 99,
  metransformer: 5,
  'mlrg-contrast': 14,
  'policy-objectives': 29,
  'preference-losses': 66,
  promptmrg: 14,
  'radfact-boxes': 30,
  rexrank: 22,
  'sei-word-loss': 6,
  'temporal-f1': 26,
};
const there = existsSync(join(golden, 'systems'));

describe(`parity of systems${there ? '' : ' (skipped: ../shared/golden/systems is absent)'}`, () => {
  it.skipIf(!there)('all that it knows, with a line a folder', async () => {
    const { code, lines, off } = await run('systems');
    expect({ code, off }).toEqual({ code: 0, off: [] });
    const sums = lines.filter(({ folder }) => folder);
    expect(Object.fromEntries(sums.map(({ folder, tensors }) => [folder, tensors]))).toEqual(SYSTEMS);
    expect(lines.every(({ tolerance }) => !(tolerance > 1e-4))).toBe(true);
  });

  it.skipIf(!there)('sees values of one system that are off, and only those', async () => {
    const folder = edited(
      'io.safetensors',
      (tensors) => {
        (tensors.get('grad.words')!.data as Float32Array)[0] += 2e-3;
        tensors.set('surprise', { shape: [1], data: Float32Array.of(1) });
      },
      'systems/sei-word-loss',
    );
    const { code, off, complaints } = await run(folder);
    expect({ code, off }).toEqual({ code: 1, off: ['grad.words', 'surprise'] });
    expect(complaints).toEqual([
      'sei-word-loss: inside a module, not compared: attention, attended, logits, loss_by_word, loss_by_attended',
      '2 of 7 tensors are off',
    ]);
  });

  it.skipIf(!there)('sees numbers, words and texts of a table that are off', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parity-'));
    made.push(folder);
    for (const name of ['temporal-f1', 'rexrank']) {
      cpSync(join(golden, 'systems', name), join(folder, name), { recursive: true });
    }
    const change = (file: string, from: string, to: string) => {
      const path = join(folder, file);
      const text = readFileSync(path, 'utf8');
      expect(text).toContain(from);
      writeFileSync(path, text.replace(from, to));
    };
    change('temporal-f1/case.json', '0.99999999995', '0.9999');
    change('rexrank/iu_output.json', 'ordinary size', 'other size');
    change('rexrank/case.json', 'Invented cough.', 'Cough.');
    const { code, off } = await run(folder);
    expect({ code, off }).toEqual({
      code: 1,
      off: [
        'rexrank/iu/output',
        'rexrank/iu/CXR90001_IM-0001/indication',
        'rexrank', // the line of the folder
        'temporal-f1/same words, other order and case/f1',
        'temporal-f1',
      ],
    });
  });

  it.skipIf(!there)('names the systems that it knows where a folder is none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parity-'));
    made.push(folder);
    writeFileSync(join(folder, 'case.json'), '{"case": "another"}');
    const { code, complaints } = await run(folder);
    expect(code).toBe(2);
    expect(complaints).toEqual([
      expect.stringMatching(/unknown layout, .* a system \(crimson, .*temporal-f1\)/),
    ]);
  });
});
