import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, it, vi } from 'vitest';
import { useBackend } from './node';

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

it('names the unknown backend and the known ones', async () => {
  vi.stubEnv('RACA_BACKEND', 'wsam');
  await expect(async () => useBackend()).rejects.toThrow(
    "useBackend: unknown backend 'wsam', expected one of native, wasm, webgpu, cpu",
  );
});

it('goes on to the next name and gives the reason', async () => {
  const info = await useBackend({ prefer: ['webgpu', 'wasm'] });
  expect(info.name).toBe('wasm');
  expect(info.notice).toBe(
    "using wasm (webgpu: import '@tensorflow/tfjs-backend-webgpu' before asking for it)",
  );
});

it('fails with every reason when nothing starts', async () => {
  await expect(useBackend({ prefer: ['webgpu'] })).rejects.toThrow(/no backend starts \(webgpu: import/);
});

it('writes nothing to the console', async () => {
  const spies = (['log', 'warn', 'info'] as const).map((name) => vi.spyOn(console, name));
  await useBackend({ prefer: ['cpu'] });
  tf.tensor([1]).dispose();
  await useBackend({ prefer: ['wasm'] });
  tf.tensor([1]).dispose();
  for (const spy of spies) expect(spy).not.toHaveBeenCalled();
});
