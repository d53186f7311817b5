// Run where the packed packages and the bundlers are installed: bundles page.mjs into a folder. node bundle.mjs BUNDLER FOLDER
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const [bundler, folder] = [process.argv[2], resolve(process.argv[3])];
const page = (src) => `<!doctype html><script type="module" src="${src}"></script>`;

const bundlers = {
  vite: async () => {
    const { build } = await import('vite');
    writeFileSync('index.html', page('./page.mjs'));
    const options = { outDir: folder, emptyOutDir: true, minify: false, chunkSizeWarningLimit: 1e6 };
    await build({ root: '.', logLevel: 'warn', build: options });
  },
  webpack: async () => {
    const { default: webpack } = await import('webpack');
    const stats = await new Promise((done, fail) =>
      webpack(
        {
          ...{ mode: 'production', target: 'web', entry: './page.mjs', performance: false },
          optimization: { minimize: false },
          output: { path: folder, filename: 'page.js' },
        },
        (error, result) => (error ? fail(error) : done(result)),
      ),
    );
    if (stats.hasErrors() || stats.hasWarnings())
      throw new Error(stats.toString({ all: false, errors: true, warnings: true }));
    writeFileSync(resolve(folder, 'index.html'), page('/page.js'));
  },
  esbuild: async () => {
    const { build } = await import('esbuild');
    const outfile = resolve(folder, 'page.js');
    await build({ entryPoints: ['page.mjs'], bundle: true, format: 'esm', outfile, logLevel: 'warning' });
    writeFileSync(resolve(folder, 'index.html'), page('/page.js'));
  },
};
await bundlers[bundler]();
