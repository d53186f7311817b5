import type { ReportPair } from '../types';
import type { ChatModel } from './chat';

/** Asks a judge about every pair, one after the other. @throws Error that names the report, or the abort itself */
export async function judgeEach<T>(
  pairs: readonly ReportPair[],
  ask: (pair: ReportPair) => Promise<T>,
  { signal }: Pick<ChatModel, 'signal'>,
  onReport?: (id: string, said: T) => void,
): Promise<T[]> {
  const all: T[] = [];
  for (const pair of pairs) {
    const said = await ask(pair).catch((error: Error) => {
      throw signal?.aborted ? error : new Error(`report "${pair.id}": ${error.message}`);
    });
    all.push(said);
    onReport?.(pair.id, said);
  }
  return all;
}
