import { NotInstalled } from './not-installed';
import {
  BACKENDS,
  type BackendInfo,
  type BackendName,
  type BackendProvider,
  type ProviderOptions,
} from './provider';

/**
 * Tried in this order when nothing is asked for, fastest first. The packages of tfjs-node count only where the user
 * has installed them. WebGPU runs only when asked: a software driver would be far slower than the processor.
 */
export const DEFAULT_ORDER: readonly BackendName[] = ['tfjs-node-gpu', 'native', 'tfjs-node', 'wasm', 'cpu'];

/** Options of `useBackend`. */
export interface UseBackendOptions extends ProviderOptions {
  /** Backends to try, first one first. Default: tfjs-node-gpu, native, tfjs-node (in Node), wasm, cpu. */
  readonly prefer?: readonly BackendName[];
  /**
   * Called with the notice, if there is one. Default: `console.warn`, once, where nobody chose a backend and a slower one than could be
   * is in use.
   */
  readonly onNotice?: (notice: string) => void;
}

const warned = new Set<string>();

/**
 * Starts the first backend of `order` that runs here.
 *
 * @param order names to try
 * @param asked whether a person chose `order`: then an absent provider is reported, not skipped
 * @throws RangeError if a name is unknown or the order is empty
 * @throws Error if none of them starts, with the reason of each
 */
export async function startFirst(
  order: readonly string[],
  asked: boolean,
  providers: Partial<Record<BackendName, BackendProvider>>,
  options: UseBackendOptions,
): Promise<BackendInfo> {
  const names = order.map(parseName);
  if (names.length === 0) throw new RangeError('useBackend: expected at least one backend name, got none');
  const reasons: string[] = [];
  for (const name of names) {
    const start = providers[name];
    if (!start) {
      if (asked) reasons.push(`${name}: not available from this entry point`);
      continue;
    }
    try {
      const info = withNotice(await start(options), reasons);
      tell(info, asked, options);
      return info;
    } catch (error) {
      if (!asked && error instanceof NotInstalled) continue;
      reasons.push(`${name}: ${firstLine(error)}`);
    }
  }
  throw new Error(`useBackend: no backend starts (${reasons.join('; ')})`);
}

/** A number of threads from text; blank text gives `undefined`. @throws RangeError for anything else */
export function parseThreads(text: string | undefined): number | undefined {
  if (!text?.trim()) return undefined;
  const threads = Number(text);
  if (Number.isInteger(threads) && threads > 0) return threads;
  throw new RangeError(`RACA_THREADS: expected a whole number from 1, found ${JSON.stringify(text)}`);
}

/** Splits a list such as `"native, wasm"`; blank text gives `undefined`. */
export function parseOrder(text: string | undefined): string[] | undefined {
  const names = (text ?? '').split(',').map((name) => name.trim());
  const given = names.filter((name) => name !== '');
  return given.length > 0 ? given : undefined;
}

function parseName(name: string): BackendName {
  if ((BACKENDS as readonly string[]).includes(name)) return name as BackendName;
  throw new RangeError(`useBackend: unknown backend '${name}', expected one of ${BACKENDS.join(', ')}`);
}

function withNotice(info: BackendInfo, reasons: readonly string[]): BackendInfo {
  const parts = [...(reasons.length > 0 ? [`using ${info.name} (${reasons.join('; ')})`] : [])];
  if (info.notice) parts.push(info.notice);
  return parts.length > 0 ? { ...info, notice: parts.join('; ') } : info;
}

function tell({ notice }: BackendInfo, asked: boolean, { onNotice }: UseBackendOptions): void {
  if (!notice) return;
  if (onNotice) onNotice(notice);
  else if (!asked && !warned.has(notice)) console.warn(notice);
  warned.add(notice);
}

export function firstLine(error: unknown): string {
  const text =
    error instanceof Error ? error.message : ((error as { message?: string })?.message ?? String(error));
  return text.split('\n')[0]!;
}
