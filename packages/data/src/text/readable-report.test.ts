import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readableReport, readableSentences, readableSpans } from './readable-report';

describe('readableReport', () => {
  it.each([
    ['heart size is normal . lungs are clear .', 'Heart size is normal. Lungs are clear.'],
    ['the heart , lungs , and ribs are normal .', 'The heart, lungs, and ribs are normal.'],
    ['a 2 . 5 cm nodule is seen .', 'A 2.5 cm nodule is seen.'],
    ['a mass of 2 . 5 x 3 . 1 cm . no effusion .', 'A mass of 2.5 x 3.1 cm. No effusion.'],
    ['measures 1 . 2 cm .', 'Measures 1.2 cm.'],
    ['rib 6 . 2 nodules are seen .', 'Rib 6. 2 nodules are seen.'], // a number may begin a sentence
    ['fracture of rib 8 . the heart is normal .', 'Fracture of rib 8. The heart is normal.'],
    ['8th rib fracture .', '8th rib fracture.'],
    ['about 50 % of the lung ( left ) .', 'About 50% of the lung (left).'],
    ['right - sided picc and / or et tube .', 'Right-sided PICC and/or ET tube.'],
    [
      'degenerative changes at t8 and c5-c6 . t-spine intact .',
      'Degenerative changes at T8 and C5-C6. T-spine intact.',
    ],
    ['pa and lateral views . no ct .', 'PA and lateral views. No CT.'],
    ['kerley b lines . swan-ganz catheter .', 'Kerley B lines. Swan-Ganz catheter.'],
    ["the patient 's heart is n't large .", "The patient's heart isn't large."],
    ['is there an effusion ? no !', 'Is there an effusion? No!'],
    ['impression : no change ; stable .', 'Impression: no change; stable.'],
  ])('%j', (tokens, text) => {
    expect(readableReport(tokens)).toBe(text);
  });

  it.each([
    ['the <unk> is normal .', 'The […] is normal.'],
    ['<unk> <unk> <unk> of the heart .', '[…] of the heart.'],
    [`${'<unk> '.repeat(60)}`, '[…].'],
    ['xxxx , no effusion . ____ .', '[…], no effusion. […].'],
  ])('shows %j once for a run of missing words', (tokens, text) => {
    expect(readableReport(tokens)).toBe(text);
  });

  it.each([
    ['heart size is normal', 'Heart size is normal.'], // cut off at the longest length
    ['lungs are clear ,', 'Lungs are clear.'],
    ['. . heart normal . .', 'Heart normal.'],
    ['heart\nnormal  .', 'Heart normal.'],
    ['', ''],
    [' . ', ''],
    ['. , .', ''],
    ['élargi .', 'Élargi.'],
  ])('mends the ends of %j', (tokens, text) => {
    expect(readableReport(tokens)).toBe(text);
  });

  it('gives one entry a sentence', () => {
    expect(readableSentences('a 2 . 5 cm mass . no effusion')).toEqual(['A 2.5 cm mass.', 'No effusion.']);
  });

  it('leaves readable text as it is', () => {
    const text = 'A 2.5 cm nodule (left). ET tube in place, 50% lower. The T8 body is intact.';
    expect(readableReport(text)).toBe(text);
    const words = [
      'heart',
      '2',
      '5',
      'cm',
      '.',
      ',',
      '(',
      ')',
      '/',
      '-',
      '<unk>',
      '%',
      't8',
      'is',
      '?',
      "'s",
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words), { maxLength: 30 }), (tokens) => {
        const once = readableReport(tokens.join(' '));
        expect(readableReport(once)).toBe(once);
        expect(once).not.toMatch(/ [.,%?]| {2}/);
      }),
      { numRuns: 500 },
    );
  });
});

describe('readableSpans', () => {
  it('says which words a sentence was made of', () => {
    // decimals are one word, stops without a word and repeated missing words belong to the sentence they stand in
    const report = 'a 2 . 5 cm mass . . no <unk> <unk> effusion . heart normal';
    expect(readableSentences(report)).toEqual(['A 2.5 cm mass.', 'No […] effusion.', 'Heart normal.']);
    expect(readableSpans(report)).toEqual([
      { from: 0, to: 7 },
      { from: 7, to: 13 },
      { from: 13, to: 15 },
    ]);
    expect(readableSpans('. .')).toEqual([]);
    expect(readableSpans('')).toEqual([]);
  });
});
