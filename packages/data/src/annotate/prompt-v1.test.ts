import { createHash } from 'node:crypto';
import { REGIONS } from '@raca/core/regions';
import { expect, it } from 'vitest';
import { PROMPT_V1 } from './prompt-v1';
import { readReply } from './reply';

const messages = PROMPT_V1.messages(['first', 'second']);

it('names all regions, shows examples, and ends with the numbered sentences', () => {
  expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
  for (const region of REGIONS) expect(messages[0].content).toContain(`- ${region}: `);
  expect(messages[3].content).toBe('1. first\n2. second');
});

it('shows answers that would be taken', () => {
  const count = messages[1].content.split('\n').length;
  expect(readReply(messages[2].content, count).every((reply) => 'regions' in reply)).toBe(true);
});

it('changes only with its version: cached answers belong to these very words', () => {
  const hash = createHash('sha256').update(JSON.stringify(messages)).digest('hex').slice(0, 16);
  expect([PROMPT_V1.version, hash]).toEqual(['v1', 'd6026f3141e9b2c3']);
});
