import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { transform } from 'esbuild';
import type { Options } from 'tsup';

/** For quick builds while working. */
const withoutTypes = process.env.RACA_SKIP_TYPES === '1';

/**
 * What every package builds from the same entries, with source maps:
 * - `x.js`: ES modules for bundlers, which drop what is not used,
 * - `x.cjs`: the same modules as CommonJS,
 * - `x.mjs`: what `import` loads in Node, which passes on `x.cjs`, so that `import` and `require` in one process share
 *   every class and every registration,
 * - `x.d.cts` and `x.d.ts`: types, of which there is one copy too.
 */
export const base = (entry: string[], options: Options = {}): Options[] => {
  const common: Options = { tsconfig: '../../tsconfig.build.json', target: 'es2022', treeshake: false };
  const modules: Options = {
    ...common,
    entry,
    format: 'esm',
    sourcemap: true,
    clean: true,
    onSuccess: async () => {
      await writeCommonJs('dist');
      writeEntries();
    },
    ...options,
  };
  const types: Options = { ...common, entry: entriesOf().map((name) => `src/${name}.ts`), format: 'cjs' };
  return withoutTypes ? [modules] : [modules, { ...types, dts: { only: true } }];
};

/** Names of the published entries of the package in the working directory, such as `index`. */
function entriesOf(): string[] {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    exports: Record<string, unknown>;
  };
  return Object.keys(exports)
    .filter((key) => key !== './package.json')
    .map((key) => (key === '.' ? 'index' : key.slice(2)));
}

/** Translates each ES module of a folder, chunks included, so that entries share what they share there. */
async function writeCommonJs(folder: string): Promise<void> {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.js'))) {
    const path = `${folder}/${file}`;
    const map = Buffer.from(readFileSync(`${path}.map`)).toString('base64');
    const source = readFileSync(path, 'utf8')
      .replace(/^(import\b[^;]*?|\} from )"\.\/([\w-]+)\.js";$/gm, '$1"./$2.cjs";')
      .replace(/^\/\/# sourceMappingURL=.*$/m, `//# sourceMappingURL=data:application/json;base64,${map}`);
    const { code, map: chained } = await transform(source, {
      format: 'cjs',
      platform: 'node',
      target: 'es2022',
      sourcefile: path.replace(/js$/, 'mjs'),
      sourcemap: true,
      define: { 'import.meta.url': '__moduleUrl' },
      banner: source.includes('import.meta.url')
        ? 'const __moduleUrl = typeof document === "undefined" ? require("url").pathToFileURL(__filename).href : document.baseURI;'
        : '',
    });
    const name = file.replace(/js$/, 'cjs');
    writeFileSync(`${folder}/${name}`, `${code}//# sourceMappingURL=${name}.map\n`);
    writeFileSync(`${folder}/${name}.map`, chained);
  }
}

/** The files by which Node's `import`, and TypeScript for it, reach the CommonJS build. */
function writeEntries(): void {
  for (const name of entriesOf()) {
    const all = `export * from './${name}.cjs';\n`;
    writeFileSync(`dist/${name}.mjs`, all);
    if (!withoutTypes) writeFileSync(`dist/${name}.d.ts`, all);
  }
}
