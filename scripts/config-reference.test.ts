import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { configReference, optionTables } from './config-reference';

const file = fileURLToPath(new URL('../docs/configuration.md', import.meta.url));

it('docs/configuration.md says what the schemas say', async () => {
  const hint = 'docs/configuration.md is out of date: run npm run config-reference';
  await expect(configReference(), hint).toMatchFileSnapshot(file);
});

it('every option is described, and says what happens where it is absent', () => {
  const tables = optionTables();
  expect(tables.flatMap(({ options }) => options).length).toBeGreaterThan(150);
  for (const { heading, options } of tables)
    for (const { path, description, required, ...option } of options) {
      expect(description, `${heading}: ${path}: expected .describe('…') in its schema`).toMatch(/^\S.*[.)]$/);
      const open = !required && option.default === null;
      if (open) expect(description, `${heading}: ${path}: expected what absent means`).toMatch(/absent/i);
    }
});
