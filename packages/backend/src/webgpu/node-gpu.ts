import * as tf from '@tensorflow/tfjs-core';

/** What this file uses of the package `webgpu` (Dawn as a Node addon). */
export interface DawnPackage {
  create(options: string[]): unknown;
  readonly globals: object;
}

interface Buffer {
  readonly size: number;
  readonly mapState: string;
  mapAsync(mode: number): Promise<void>;
  getMappedRange(): ArrayBuffer;
  unmap(): void;
}

interface TensorData {
  readonly values: tf.backend_util.BackendValues | null;
  readonly dtype: tf.DataType;
  readonly resource: Buffer;
}

/** What this file uses of tfjs's WebGPUBackend. */
interface WebgpuBackend {
  readonly tensorMap: { get(id: object): TensorData };
  readonly bufferManager: {
    acquireBuffer(size: number, usage: number): Buffer;
    releaseBuffer(b: Buffer): void;
  };
  readonly commandEncoder: {
    copyBufferToBuffer(a: Buffer, i: number, b: Buffer, j: number, size: number): void;
  };
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  convertAndCacheOnCPU(id: object, values: tf.backend_util.BackendValues): tf.backend_util.BackendValues;
  readSync(id: object): tf.backend_util.BackendValues;
  getBufferData(buffer: Buffer): Promise<ArrayBuffer>;
}

/** GPUMapMode.READ, GPUBufferUsage.MAP_READ and COPY_DST of the WebGPU standard. */
const READ = 1;
const [MAP_READ, COPY_DST] = [1, 8];

/** Puts Dawn where a browser has its GPU: `navigator.gpu`. Does nothing where there is one. */
export function provideGpu(dawn: DawnPackage): void {
  const { navigator } = globalThis as { navigator?: { gpu?: unknown } };
  if (navigator?.gpu) return;
  Object.assign(globalThis, dawn.globals);
  const gpu = dawn.create([]);
  if (navigator) Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
  else Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true, writable: true });
}

/**
 * Lets tfjs's WebGPU backend read results synchronously in Node. tfjs does it through a canvas, which Node has not.
 * Dawn hands results over in a function that it gives to `setImmediate`; this waits by calling that function.
 */
export function readWithoutCanvas(backend: unknown): void {
  const gpu = backend as WebgpuBackend;
  const viaCanvas = gpu.readSync.bind(gpu);
  gpu.getBufferData = async (buffer) => readBuffer(gpu, buffer);
  gpu.readSync = (id) => {
    const { values, dtype, resource } = gpu.tensorMap.get(id);
    if (values != null || dtype === 'string' || dtype === 'complex64') return viaCanvas(id);
    const bytes = readBuffer(gpu, resource);
    return gpu.convertAndCacheOnCPU(id, tf.util.convertBackendValuesAndArrayBuffer(bytes, dtype));
  };
}

function readBuffer(gpu: WebgpuBackend, buffer: Buffer): ArrayBuffer {
  const staging = gpu.bufferManager.acquireBuffer(buffer.size, MAP_READ | COPY_DST);
  gpu.ensureCommandEncoderReady();
  gpu.endComputePassEncoder();
  gpu.commandEncoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  gpu.submitQueue();
  mapNow(staging);
  const bytes = staging.getMappedRange().slice(0);
  staging.unmap();
  gpu.bufferManager.releaseBuffer(staging);
  return bytes;
}

/** Functions of Dawn that its event loop is to call; each one may queue the next. */
const ticks: (() => void)[] = [];

/** @throws Error where Dawn does not ask for `setImmediate`, so that there is nothing to wait with */
function mapNow(buffer: Buffer): void {
  const later = globalThis.setImmediate;
  globalThis.setImmediate = ((tick: () => void) => void ticks.push(tick)) as unknown as typeof later;
  try {
    buffer.mapAsync(READ).catch(() => {}); // a failure shows in mapState
    while (buffer.mapState === 'pending') {
      const tick = ticks.shift();
      if (!tick) throw new Error('webgpu: this release of the package webgpu cannot be read synchronously');
      tick();
    }
  } finally {
    globalThis.setImmediate = later;
    if (ticks.length > 0) later(runTicks);
  }
  if (buffer.mapState !== 'mapped') throw new Error('webgpu: the GPU has given up (device lost)');
}

function runTicks(): void {
  for (const tick of ticks.splice(0)) tick();
}
