import { expect, it } from 'vitest';
import { AddressError, isLocal, isLoopback, parseAddress } from './address';

it.each([
  ['http://127.0.0.1:8000/v1', true],
  ['http://127.255.3.4', true],
  ['http://127.1/v1', true],
  ['http://[::1]:11434/v1/', true],
  ['http://LOCALHOST:1234', true],
  ['https://localhost/v1', true],
  ['unix:/run/llm.sock', true],
  ['http://[::ffff:127.0.0.1]/v1', true],
  ['http://0.0.0.0/v1', false],
  ['http://128.0.0.1/v1', false],
  ['http://10.1.2.3/v1', false],
  ['http://172.16.0.1/v1', false],
  ['http://192.168.0.1/v1', false],
  ['http://169.254.1.1/v1', false],
  ['http://[::]/v1', false],
  ['http://[fd00::1]/v1', false],
  ['http://[::ffff:10.0.0.1]/v1', false],
  ['http://localhost.example.com/v1', false],
  ['http://127.0.0.1.example.com/v1', false],
  ['http://2130706434.example.com', false],
  ['https://api.example.com/v1', false],
])('%s: on this machine %s', (text, local) => {
  expect(isLocal(parseAddress(text))).toBe(local);
});

it('reads address, port and path', () => {
  expect(parseAddress('http://[::1]:8000/openai/v1/')).toEqual({
    protocol: 'http:',
    hostname: '::1',
    port: '8000',
    path: '/openai/v1',
  });
  expect(parseAddress('unix:/run/llm.sock:/api')).toMatchObject({ socket: '/run/llm.sock', path: '/api' });
  expect(parseAddress('unix:/run/llm.sock')).toMatchObject({ path: '/v1' });
});

it.each(['', 'localhost:8000', 'ftp://localhost', 'file:///v1', 'http://', 'http://a/v1?x=1', 'unix:sock'])(
  'refuses %j',
  (text) => {
    expect(() => parseAddress(text)).toThrow(AddressError);
  },
);

it('refuses a password in the address without repeating it', () => {
  expect(() => parseAddress('http://me:secret@localhost/v1')).toThrow(/^(?!.*secret).*no user name/);
  expect(() => parseAddress('http://localhost@example.com/v1')).toThrow(AddressError);
});

it.each([
  ['127.0.0.1', true],
  ['::1', true],
  ['0:0:0:0:0:0:0:1', true],
  ['::ffff:127.9.9.9', true],
  ['::ffff:8.8.8.8', false],
  ['8.8.8.8', false],
  ['fe80::1%eth0', false],
  ['localhost', false],
])('%s is a loopback address: %s', (ip, loopback) => {
  expect(isLoopback(ip)).toBe(loopback);
});
