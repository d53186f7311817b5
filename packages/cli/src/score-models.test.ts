import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCommand } from './testing/run-command';
import { embeddingModel, headsModel } from './testing/tiny-onnx';

const root = mkdtempSync(join(tmpdir(), 'raca-models-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const at = (name: string): string => join(root, name);
const write = (name: string, content: string): string => {
  writeFileSync(at(name), content);
  return at(name);
};
const name = 'onnxruntime-node';
const there = await import(name).then(
  () => true,
  () => false,
);
if (!there) console.warn('skipped: onnxruntime-node is not installed');

const VOCABULARY = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'edema', 'effusion', 'clear'];
const folder = (called: string, model: Uint8Array): string => {
  mkdirSync(at(called));
  write(`${called}/vocab.txt`, `${VOCABULARY.join('\n')}\n`);
  writeFileSync(at(`${called}/model.onnx`), model);
  return at(called);
};
const texts = write('t.csv', 'id,reference,generated\n1,edema effusion,edema clear\n2,clear,clear\n');
const score = (...more: string[]) =>
  runCommand('score', '--references', texts, '--hypotheses', texts, '--json', ...more);

describe.skipIf(!there)('models of the user (needs onnxruntime-node)', () => {
  it('BERTScore by a model whose tokens are orthogonal', async () => {
    const unit = VOCABULARY.map((_, i) => VOCABULARY.map((_, k) => Number(i === k)));
    const { code, stdout, errors } = await score(
      '--metrics',
      'bleu',
      '--bertscore',
      folder('tiny', embeddingModel(unit)),
    );
    expect(code, errors.join('\n')).toBe(0);
    // by hand: one of two words has a partner, start and end do not count
    expect(
      JSON.parse(stdout).perReport.map(
        ({ scores }: { scores: Record<string, number> }) => scores['bertscore/f1/tiny'],
      ),
    ).toEqual([0.5, 1]);
  });

  it('clinical F1 by a CheXbert', async () => {
    // blank (0.5) everywhere but for Edema at "edema" and Pleural Effusion at "effusion": positive (1)
    const table = (word: string, classes: number) =>
      VOCABULARY.map((token) =>
        Array.from({ length: classes }, (_, k) => (k === 0 ? 0.5 : k === 1 && token === word ? 1 : 0)),
      );
    const heads = Array.from({ length: 14 }, (_, h) =>
      table(h === 4 ? 'edema' : h === 9 ? 'effusion' : '', h === 13 ? 2 : 4),
    );
    const { code, stdout, errors } = await score(
      '--metrics',
      'clinical-f1',
      '--chexbert',
      folder('bert', headsModel(heads)),
    );
    expect(code, errors.join('\n')).toBe(0);
    const { corpus, labels } = JSON.parse(stdout);
    expect(corpus['clinical/class/f1/Edema']).toBe(1);
    expect(corpus['clinical/class/recall/Pleural Effusion']).toBe(0);
    expect(corpus['clinical/micro/f1/14']).toBeCloseTo(2 / 3, 12); // one of two found, none in vain
    expect(labels).toContain('bert');
  });
});

it('says what a model folder lacks', async () => {
  const { code, errors } = await score('--chexbert', root);
  expect(code).toBe(1);
  expect(errors.at(-1)).toMatch(
    /model\.onnx: expected a file \(a folder of a model holds model\.onnx and vocab\.txt\), found nothing/,
  );
});

describe('graphs of a RadGraph', () => {
  const entity = (tokens: string, label: string, ...relations: string[][]) => ({
    tokens,
    label,
    start_ix: 0,
    end_ix: 0,
    relations,
  });
  const graphs = (file: string, second: string) =>
    write(
      file,
      JSON.stringify({
        1: {
          text: '',
          entities: { 1: entity('effusion', 'OBS-DP', ['located_at', '2']), 2: entity(second, 'ANAT-DP') },
        },
        2: { text: '', entities: { 1: entity('clear', 'Observation::definitely present') } },
      }),
    );

  it('are compared by id', async () => {
    const files = [
      '--reference-radgraph',
      graphs('rr.json', 'left'),
      '--hypothesis-radgraph',
      graphs('rh.json', 'right'),
    ];
    const { code, stdout, errors } = await score('--metrics', 'bleu', ...files);
    expect(code, errors.join('\n')).toBe(0);
    // by hand: one of two entities agrees, no relation; the second study is the same
    expect(JSON.parse(stdout).corpus).toMatchObject({ 'radgraph/simple': 0.75, 'radgraph/relation': 0.5 });
  });

  it('are refused where they are none', async () => {
    const bad = write('bad.json', '{"1": {"entities": {"1": {"tokens": "a", "label": "X"}}}}');
    const { code, errors } = await score('--reference-radgraph', bad, '--hypothesis-radgraph', bad);
    expect(code).toBe(1);
    expect(errors.at(-1)).toMatch(/bad\.json: 1: entities\.1: expected tokens and a label of ANAT-DP/);
  });
});
