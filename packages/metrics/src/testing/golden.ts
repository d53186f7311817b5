import { readFileSync } from 'node:fs';

/** Reference values of `golden/`; each file says where its numbers come from. */
export const readGolden = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`./golden/${name}.json`, import.meta.url), 'utf8')) as T;
