import type { WasmPaths } from './wasm/files';

/** Names of the backends {@link useBackend} can start. */
export const BACKENDS = ['tfjs-node-gpu', 'native', 'tfjs-node', 'wasm', 'webgpu', 'cpu'] as const;
export type BackendName = (typeof BACKENDS)[number];

/** What {@link useBackend} started. */
export interface BackendInfo {
  /** Which backend computes now. */
  readonly name: BackendName;
  /** Version of the package that computes, e.g. of `@tensorflow/tfjs-backend-wasm`. */
  readonly version: string;
  /** Whether vector instructions are in use. */
  readonly simd: boolean;
  /** Number of threads the backend computes with; 0 where the backend decides. */
  readonly threads: number;
  /** One line worth showing to a person: why a preferred or a fast backend is not in use. */
  readonly notice?: string;
}

/** What a provider is told. */
export interface ProviderOptions {
  /** Wanted number of threads; a provider that cannot choose ignores it. */
  readonly threads?: number;
  /** Where the `.wasm` files are, for `wasm`; default: where the bundler has put them, in Node those of the installed package. */
  readonly wasmPaths?: WasmPaths;
}

/**
 * Starts one backend: registers what is missing, makes it tfjs's current backend and describes it.
 * Rejects with a one-line reason where the backend cannot run here; the next one is tried then.
 */
export type BackendProvider = (options: ProviderOptions) => Promise<BackendInfo>;
