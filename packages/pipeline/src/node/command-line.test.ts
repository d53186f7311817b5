import { expect, it } from 'vitest';
import { commandLine, racaEnvironment } from './command-line';

const typed = (...argv: string[]) =>
  commandLine(['/usr/bin/node', '/home/someone/bin/raca', ...argv]).slice(1);

it('keeps what was typed, and of the program its name', () => {
  const argv = [
    'train',
    '--data',
    'my data',
    '--config=small',
    '--seed',
    '-3',
    '--max-tokens',
    '5',
    '--monkey',
    'x',
  ];
  expect(commandLine(['/usr/bin/node', '/home/someone/bin/raca', ...argv])).toEqual(['raca', ...argv]);
  expect(commandLine([])).toEqual(['']);
});

it.each([
  [
    ['--api-key', 'abc'],
    ['--api-key', '***'],
  ],
  [
    ['--token=abc', '--epochs', '2'],
    ['--token=***', '--epochs', '2'],
  ],
  [
    ['--hf_token', '-abc'],
    ['--hf_token', '***'],
  ],
  [
    ['--password', '--data', 'x'],
    ['--password', '--data', 'x'],
  ],
  [
    ['--header', 'Authorization: Bearer abc'],
    ['--header', 'Authorization: ***'],
  ],
  [
    ['--anything', 'sk-0123456789abcdef'],
    ['--anything', '***'],
  ],
  [
    ['--url', 'https://me:pass@host/v1?x=1&api_key=abc'],
    ['--url', 'https://***@host/v1?x=1&api_key=***'],
  ],
  [['--url=http://token@host'], ['--url=http://***@host']],
])('hides secrets of %j', (argv, expected) => {
  expect(typed(...argv)).toEqual(expected);
});

it('takes RACA’s own variables, without secrets', () => {
  const env = {
    RACA_THREADS: '2',
    RACA_API_KEY: 'abc',
    RACA_CHILD: '1',
    HOME: '/home/someone',
    RACA_X: undefined,
  };
  expect(racaEnvironment(env)).toEqual({ RACA_THREADS: '2' });
});
