import { describe, expect, it } from 'vitest';
import { readReply } from './reply';

const json = (sentences: unknown) => JSON.stringify({ sentences });
const good = [
  { n: 1, regions: ['Heart'] },
  { n: 2, regions: [] },
];

describe('readReply', () => {
  it.each([
    ['plain', json(good)],
    ['fenced', `\`\`\`json\n${json(good)}\n\`\`\``],
    ['after a thought', `<think>maybe {"n": 1}?</think>${json(good)}`],
    ['with words around it', `Here you are: ${json(good)} Anything else?`],
    ['in another order', json([good[1], good[0]])],
    ['with one said twice', json([...good, good[0]])],
    ['with more than was asked', json([...good, { n: 3, regions: ['Ribs'] }])],
    ['with more fields', json(good.map((entry) => ({ ...entry, why: 'so' })))],
  ])('reads JSON %s', (_, text) => {
    expect(readReply(text, 2)).toEqual([{ regions: ['Heart'] }, { regions: [] }]);
  });

  it('reads long answers of any make in one pass', () => {
    const length = 4 << 20; // the longest answer that is taken
    for (const part of ['<think>', '</think>', '<think>{', '{', ' ', '<', '```'])
      expect(readReply(part.repeat(length / part.length), 1)[0]).toHaveProperty('reason');
    const thoughts = `${'<think>x</think>'.repeat(length / 32)}${json(good)}`;
    expect(readReply(thoughts, 2)[0]).toEqual({ regions: ['Heart'] });
  });

  it('orders regions and drops repeats', () => {
    expect(readReply(json([{ n: 1, regions: ['Ribs', 'Heart', 'Ribs'] }]), 1)).toEqual([
      { regions: ['Heart', 'Ribs'] },
    ]);
  });

  it.each(['', 'no', '[]', '{}', '{"sentences": 3}', json(good).slice(0, -9)])(
    'says what %j lacks',
    (text) => {
      const replies = readReply(text, 2);
      expect(replies).toHaveLength(2);
      for (const reply of replies) expect(reply).toEqual({ reason: expect.stringMatching(/^expected JSON/) });
    },
  );

  it('keeps what is sound', () => {
    const text = json([
      { n: 1, regions: ['Heart'] },
      { n: 2, regions: ['heart'] },
      { n: 4, regions: 'Heart' },
      { n: 5, regions: ['Ribs'] },
      { n: 5, regions: ['Spine'] },
      { n: 0, regions: ['Ribs'] },
      null,
    ]);
    expect(readReply(text, 5)).toEqual([
      { regions: ['Heart'] },
      { reason: 'expected one of the 12 regions, found "heart"' },
      { reason: 'expected an entry with n and regions, found none' },
      { reason: 'expected an entry with n and regions, found none' },
      { reason: 'expected one answer, found two that differ' },
    ]);
  });
});
