import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';

const shared = fileURLToPath(new URL('../../../../../shared/', import.meta.url));

export const hasShared = (path: string): boolean => existsSync(shared + path);
export const readShared = (path: string): string => readFileSync(shared + path, 'utf8');
export const readSharedJson = <T>(path: string): T => JSON.parse(readShared(path)) as T;

/** `describe` that is skipped, and says so, when a file of the shared folder is absent. */
export function describeWithShared(name: string, paths: string[], body: () => void): void {
  const missing = paths.filter((path) => !hasShared(path));
  if (missing.length === 0) describe(name, body);
  else describe(name, () => it.skip(`skipped: ../shared/${missing[0]} is absent`, () => {}));
}

/** Rows of a CSV text with quoted fields. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  const field = /("(?:[^"]|"")*"|[^,\n\r"]*)(,|\r?\n|$)/gy;
  for (let match = field.exec(text); match && field.lastIndex <= text.length; match = field.exec(text)) {
    const [, raw = '', end = ''] = match;
    rows[rows.length - 1]!.push(raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw);
    if (end === '') break;
    if (end !== ',') rows.push([]);
    if (end !== ',' && field.lastIndex === text.length) break;
  }
  return rows.filter((row) => row.length > 0 && !(row.length === 1 && row[0] === ''));
}

/** Rows as records by the header's names. */
export function parseTable(text: string): Record<string, string>[] {
  const [header = [], ...rows] = parseCsv(text);
  return rows.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i] ?? ''])));
}
