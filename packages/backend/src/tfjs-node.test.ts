import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, it } from 'vitest';
import { NotInstalled } from './not-installed';
import { startTfjsNode } from './tfjs-node';

afterEach(() => {
  if (tf.findBackendFactory('tensorflow')) tf.removeBackend('tensorflow');
});

it('takes the backend that the package registers', async () => {
  const load = async (name: string) => {
    expect(name).toBe('@tensorflow/tfjs-node');
    tf.registerBackend('tensorflow', () => new MathBackendCPU());
    return { default: { version: { 'tfjs-node': '4.22.1' } } };
  };
  expect(await startTfjsNode('tfjs-node', load)).toMatchObject({ name: 'tfjs-node', version: '4.22.1' });
  expect(tf.getBackend()).toBe('tensorflow');
});

it('tells a package that is absent from one that is broken', async () => {
  const fail = (message: string, code?: string) => () =>
    Promise.reject(Object.assign(new Error(message), { code }));
  const absent = fail("Cannot find package '@tensorflow/tfjs-node'", 'ERR_MODULE_NOT_FOUND');
  await expect(startTfjsNode('tfjs-node', absent)).rejects.toBeInstanceOf(NotInstalled);
  // tfjs-node is there, a package that it needs is not
  const broken = fail("Cannot find package 'node-pre-gyp'", 'ERR_MODULE_NOT_FOUND');
  await expect(startTfjsNode('tfjs-node', broken)).rejects.toThrow(/node-pre-gyp/);
  await expect(startTfjsNode('tfjs-node', broken)).rejects.not.toBeInstanceOf(NotInstalled);
});

it('notices a second copy of tfjs-core', async () => {
  await expect(startTfjsNode('tfjs-node', async () => ({}))).rejects.toThrow(
    '@tensorflow/tfjs-node found another copy of @tensorflow/tfjs-core',
  );
});
