import { Random } from '@raca/core';
import { describe, expect, it } from 'vitest';
import type { LabelledReport, LabelledSentence } from '../labelled-reports';
import { editSamples } from './edit-samples';
import { agreement, editSentence } from './edit-sentence';

const sentence = (
  words: number[],
  labels: LabelledSentence['labels'],
  regions?: string[],
): LabelledSentence => ({
  ...{ words, labels },
  ...(regions && { regions }),
});
const effusion = sentence([1, 9], { effusion: 'positive' });
const noEffusion = sentence([2, 9], { effusion: 'negative' });
const edema = sentence([3, 9], { edema: 'positive' });
const heart = sentence([4, 9], { cardiomegaly: 'positive' });
const chat = sentence([5, 9], {});

describe('editSentence', () => {
  it('swaps a false sentence for the one that speaks of the same', () => {
    expect(editSentence([chat, edema, effusion], [heart, noEffusion])).toEqual({
      kind: 'swap',
      report: [chat, edema, noEffusion], // edema stands first but has nothing like it in the reference
    });
  });

  it('deletes the first false sentence where nothing is similar', () => {
    expect(editSentence([chat, edema, heart], [effusion])).toEqual({ kind: 'delete', report: [chat, heart] });
    // its only equal is written already
    expect(editSentence([effusion, noEffusion], [noEffusion])).toEqual({
      kind: 'delete',
      report: [noEffusion],
    });
  });

  it('inserts a missed sentence at the end', () => {
    expect(editSentence([effusion], [effusion, chat, heart, edema])).toEqual({
      kind: 'insert',
      report: [effusion, heart],
    });
    expect(editSentence([], [heart])).toEqual({ kind: 'insert', report: [heart] });
  });

  it('finds nothing to do in a report that says what the reference says', () => {
    expect(editSentence([heart, chat, effusion], [effusion, heart])).toBeNull();
  });

  it('takes another measure of similarity, and another threshold', () => {
    const all = { similarity: () => 0.5 };
    expect(editSentence([edema], [heart], all)).toEqual({ kind: 'delete', report: [] });
    expect(editSentence([edema], [heart], { ...all, threshold: 0.5 })).toEqual({
      kind: 'swap',
      report: [heart],
    });
  });
});

it('agreement is the share of findings, and of regions where both name some', () => {
  const both = sentence([1], { effusion: 'positive', edema: 'positive' }, ['left', 'right']);
  expect(agreement(both, effusion)).toBe(1 / 2);
  expect(agreement(both, sentence([1], { effusion: 'negative' }, ['right']))).toBe(1 / 2);
  expect(
    agreement(sentence([1], { effusion: 'positive' }, ['left']), sentence([1], { effusion: 0 }, ['right'])),
  ).toBe(1 / 2);
  expect(agreement(chat, effusion)).toBe(0);
});

describe('editSamples', () => {
  const reference = [heart, noEffusion];

  it.each([
    [4, 2],
    [5, 2],
    [1, 0],
  ])('of %i samples edits %i, in the places of others', (n, half) => {
    const samples = Array.from({ length: n }, (_, i): LabelledReport => [sentence([10 + i], {}), effusion]);
    const { reports, replacements } = editSamples(samples, reference, new Random(3));
    expect(replacements).toHaveLength(half);
    const places = replacements.flatMap(({ source, target }) => [source, target]);
    expect(new Set(places).size).toBe(2 * half);
    for (const { source, target, kind } of replacements) {
      expect(kind).toBe('swap');
      expect(reports[target]).toEqual([samples[source][0], noEffusion]);
    }
    const targets = replacements.map(({ target }) => target);
    samples.forEach((sample, i) => {
      if (!targets.includes(i)) expect(reports[i]).toBe(sample);
    });
  });

  it('replaces nothing by a copy that needs no edit', () => {
    const samples = [reference, [...reference], [...reference]];
    expect(editSamples(samples, reference, new Random(1))).toEqual({ reports: samples, replacements: [] });
  });

  it('depends on the seed', () => {
    const samples = Array.from({ length: 8 }, (): LabelledReport => [effusion]);
    const run = (seed: number) => editSamples(samples, reference, new Random(seed)).replacements;
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });
});
