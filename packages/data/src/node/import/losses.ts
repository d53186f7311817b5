import { writeFileAtomic } from '@raca/core/node';
import type { Loss } from '../../import/funnel';

/** Writes all that was left out, a line each: id, filter, reason. */
export function writeLosses(file: string, losses: readonly Loss[]): void {
  const lines = losses.map(({ id, filter, reason }) => [id, filter, reason].map(cell).join(','));
  writeFileAtomic(file, `${['id,filter,reason', ...lines].join('\n')}\n`);
}

const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
