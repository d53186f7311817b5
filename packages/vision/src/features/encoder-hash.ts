import type { Module } from '@raca/core';

/**
 * SHA-256 (hex) of what decides a module's output: its factory, config and weights, and how images are prepared.
 * The package's version does not count.
 *
 * @param preparation any text that changes with the preparation of images, such as `resize 224, ImageNet`
 */
export async function encoderHash({ info, parameters }: Module, preparation: string): Promise<string> {
  const lines = [JSON.stringify([info.package, info.name, info.config, preparation])];
  for (const [name, variable] of parameters) {
    lines.push(`${name} [${variable.shape}] ${await sha256(await variable.data())}`);
  }
  return sha256(new TextEncoder().encode(lines.join('\n')));
}

async function sha256(data: ArrayBufferView): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', data as ArrayBufferView<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
