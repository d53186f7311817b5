import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, it, vi } from 'vitest';
import { startCpu } from './cpu';
import { BACKENDS, listBackends, useBackend } from './node';
import { startFirst } from './select';

afterEach(() => vi.unstubAllEnvs());

it('starts wasm and says what it is', async () => {
  const info = await useBackend({ prefer: ['wasm'] });
  expect(info).toEqual({ name: 'wasm', version: '4.22.0', simd: true, threads: 1 });
  expect(tf.getBackend()).toBe('wasm');
});

it('reads RACA_BACKEND, and says so when the slow backend is used', async () => {
  vi.stubEnv('RACA_BACKEND', 'cpu');
  const info = await useBackend();
  expect(info.name).toBe('cpu');
  expect(info.notice).toMatch(/^the cpu backend is plain JavaScript/);
});

it('lets the argument win over the variable', async () => {
  vi.stubEnv('RACA_BACKEND', 'cpu');
  expect((await useBackend({ prefer: ['wasm'] })).name).toBe('wasm');
});

it('reads RACA_THREADS, and refuses what is no number of threads', async () => {
  vi.stubEnv('RACA_THREADS', 'all');
  await expect(useBackend({ prefer: ['cpu'] })).rejects.toThrow(
    'RACA_THREADS: expected a whole number from 1, found "all"',
  );
  vi.stubEnv('RACA_THREADS', '3');
  const info = await useBackend();
  expect(info.name === 'native' ? info.threads : 3).toBe(3);
});

it('names the unknown backend and the known ones', async () => {
  vi.stubEnv('RACA_BACKEND', 'wsam');
  await expect(async () => useBackend()).rejects.toThrow(
    "useBackend: unknown backend 'wsam', expected one of tfjs-node-gpu, native, tfjs-node, wasm, webgpu, cpu",
  );
});

it('goes on to the next name and gives the reason', async () => {
  const info = await useBackend({ prefer: ['tfjs-node', 'wasm'] });
  expect(info.name).toBe('wasm');
  expect(info.notice).toBe('using wasm (tfjs-node: @tensorflow/tfjs-node is not installed)');
});

it('says nothing of packages that nobody asked for', async () => {
  const { notice = '' } = await useBackend();
  expect(notice).not.toMatch(/tfjs-node/);
});

it('tells once, where nobody chose, that something slower than could be computes', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const absent = () => Promise.reject(new Error('not here'));
  const options = (more = {}) => [['native', 'cpu'], false, { native: absent, cpu: startCpu }, more] as const;
  await startFirst(...options());
  await startFirst(...options());
  expect(warn.mock.calls).toEqual([
    [expect.stringMatching(/^using cpu \(native: not here\); the cpu backend/)],
  ]);
  const onNotice = vi.fn();
  await startFirst(...options({ onNotice }));
  expect(onNotice).toHaveBeenCalledOnce();
  expect(warn).toHaveBeenCalledOnce();
  warn.mockRestore();
});

it('fails with every reason when nothing starts', async () => {
  await expect(useBackend({ prefer: ['tfjs-node-gpu', 'tfjs-node'] })).rejects.toThrow(
    'useBackend: no backend starts (tfjs-node-gpu: @tensorflow/tfjs-node-gpu is not installed; ' +
      'tfjs-node: @tensorflow/tfjs-node is not installed)',
  );
});

it('lists every backend with what it is or why it is not there, and changes nothing', async () => {
  await useBackend({ prefer: ['wasm'] });
  const states = await listBackends();
  expect(states.map(({ name }) => name)).toEqual([...BACKENDS]);
  expect(states.find(({ name }) => name === 'wasm')).toMatchObject({
    available: true,
    info: { version: '4.22.0' },
  });
  expect(states[0]).toEqual({
    name: 'tfjs-node-gpu',
    available: false,
    reason: '@tensorflow/tfjs-node-gpu is not installed',
  });
  expect(tf.getBackend()).toBe('wasm');
});

it('writes nothing to the console', async () => {
  const spies = (['log', 'warn', 'info'] as const).map((name) => vi.spyOn(console, name));
  await useBackend({ prefer: ['cpu'] });
  tf.tensor([1]).dispose();
  await useBackend({ prefer: ['wasm'] });
  tf.tensor([1]).dispose();
  for (const spy of spies) expect(spy).not.toHaveBeenCalled();
});
