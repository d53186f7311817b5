import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import ts from 'typescript';

/** A package as its files say: paths relative to its folder, such as `src/index.ts`. */
export interface PackageFiles {
  /** Without the scope, such as `bca`. */
  readonly name: string;
  readonly manifest: {
    readonly dependencies?: Readonly<Record<string, string>>;
    readonly optionalDependencies?: Readonly<Record<string, string>>;
    readonly peerDependencies?: Readonly<Record<string, string>>;
    readonly exports?: Readonly<Record<string, unknown>>;
  };
  readonly sources: ReadonlyMap<string, string>;
}

const MODULES = [
  'vision',
  'region-agent',
  'alignment',
  'bca',
  'decoder',
  'context',
  'findings',
  'objectives',
  'checks',
];
const BELOW_PIPELINE = ['core', 'text', 'backend', 'metrics', 'data', ...MODULES];

/** Which packages of ours each package may import: arrows only go up the list of docs/architecture.md. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  text: [],
  backend: ['core'],
  metrics: ['text'],
  data: ['core', 'text'],
  ...Object.fromEntries(MODULES.map((name) => [name, ['core']])),
  pipeline: BELOW_PIPELINE,
  cli: [...BELOW_PIPELINE, 'pipeline'],
};

/** Packages that only run in Node. */
const NODE_ONLY = /^(sharp|onnxruntime-node|csv-parse|csv-stringify|vega|vega-lite)(\/|$)/;

/** What the sources and manifests of the packages break; empty if nothing. */
export function violations(packages: readonly PackageFiles[]): string[] {
  return packages.flatMap((pkg) => [
    ...wrongArrows(pkg),
    ...undeclared(pkg),
    ...tfjs(pkg),
    ...node(pkg),
    ...circles(pkg),
  ]);
}

function wrongArrows({ name, manifest, sources }: PackageFiles): string[] {
  const allowed = MAY_IMPORT[name];
  if (!allowed) return [`${name}: a package that scripts/import-rules.ts does not know`];
  const forbidden = (specifier: string): boolean => {
    const other = ours(specifier);
    return other !== null && other !== name && !allowed.includes(other);
  };
  const imports = [...sources].flatMap(([file, text]) =>
    importsOf(file, text).flatMap((s) => (forbidden(s) ? [`${name}/${file}: must not import ${s}`] : [])),
  );
  const declared = Object.keys(runtime(manifest)).filter(forbidden);
  return [...imports, ...declared.map((s) => `${name}/package.json: must not depend on ${s}`)];
}

function undeclared({ name, manifest, sources }: PackageFiles): string[] {
  const known = { ...runtime(manifest), ...manifest.peerDependencies };
  return [...sources].flatMap(([file, text]) =>
    importsOf(file, text)
      .map(packageOf)
      .filter((s) => s !== null && !isBuiltin(s) && s !== `@raca/${name}` && !Object.hasOwn(known, s))
      .map((s) => `${name}/${file}: imports ${s}, which package.json does not declare`),
  );
}

/** A second copy of tfjs-core breaks tensors and gradients, so only the program at the end brings one. */
function tfjs({ name, manifest, sources }: PackageFiles): string[] {
  const own = Object.keys(runtime(manifest)).filter((s) => /^@tensorflow\/tfjs-(core|layers)$/.test(s));
  const found = own.map((s) => `${name}/package.json: ${s} must be a peer dependency`);
  if (name === 'cli') return [];
  if (name !== 'metrics') return found;
  const used = [...sources].flatMap(([file, text]) =>
    importsOf(file, text)
      .filter((s) => s.startsWith('@tensorflow/'))
      .map((s) => `metrics/${file}: must not import ${s}`),
  );
  return [...found, ...used];
}

/** Root entries and all entries but `/node` also run in browsers. */
function node({ name, manifest, sources }: PackageFiles): string[] {
  if (name === 'cli') return [];
  const entries = Object.keys(manifest.exports ?? { '.': null })
    .filter((entry) => entry !== './node' && entry !== './package.json')
    .map((entry) => (entry === '.' ? 'src/index.ts' : `src/${entry.slice(2)}.ts`));
  return entries.flatMap((entry) => {
    if (!sources.has(entry)) return [`${name}: the entry ${entry} is missing`];
    const open = [entry];
    const seen = new Set(open);
    const found: string[] = [];
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      for (const specifier of importsOf(file, sources.get(file)!)) {
        const target = specifier.startsWith('.') ? resolveFile(file, specifier, sources) : null;
        if (target && !seen.has(target)) {
          seen.add(target);
          open.push(target);
        }
        const nodeOnly = isBuiltin(specifier) || NODE_ONLY.test(specifier);
        if (nodeOnly || /^@raca\/[a-z-]+\/node$/.test(specifier))
          found.push(`${name}/${file}: imports ${specifier}, reachable from ${entry}`);
      }
    }
    return found;
  });
}

/** Files that need each other before either has run: what one takes from the other may still be undefined. */
function circles({ name, sources }: PackageFiles): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) found.push(`${name}: imports in a circle: ${[...path.slice(start), file].join(' > ')}`);
    if (start >= 0 || done.has(file)) return;
    for (const specifier of neededBy(file, sources.get(file)!)) {
      const target = specifier.startsWith('.') ? resolveFile(file, specifier, sources) : null;
      if (target) visit(target, [...path, file]);
    }
    done.add(file);
  };
  for (const file of sources.keys()) visit(file, []);
  return found;
}

/** What a file imports or re-exports when it starts to run: neither types alone nor `import()`. */
function neededBy(file: string, text: string): string[] {
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest).statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const { moduleSpecifier: from } = statement;
    return from && ts.isStringLiteral(from) && !isOfTypes(statement) ? [from.text] : [];
  });
}

function isOfTypes(statement: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  const clause = ts.isImportDeclaration(statement) ? statement.importClause : statement;
  if (!clause) return false; // `import './file'`
  if (clause.isTypeOnly) return true;
  const names = ts.isImportClause(clause) ? clause.namedBindings : clause.exportClause;
  const listed = names && (ts.isNamedImports(names) || ts.isNamedExports(names)) ? [...names.elements] : [];
  const whole = ts.isImportClause(clause) && clause.name !== undefined;
  return !whole && listed.length > 0 && listed.every(({ isTypeOnly }) => isTypeOnly);
}

/** Everything a file imports or re-exports, dynamic imports included. */
export function importsOf(file: string, text: string): string[] {
  const script = /\.m?js$/.test(file);
  return ts.preProcessFile(text, true, script).importedFiles.map(({ fileName }) => fileName);
}

function resolveFile(
  from: string,
  specifier: string,
  files: ReadonlyMap<string, string>,
): string | undefined {
  const base = posix.join(posix.dirname(from), specifier);
  return [base, `${base}.ts`, `${base}/index.ts`].find((path) => files.has(path));
}

const runtime = (manifest: PackageFiles['manifest']): Record<string, string> => ({
  ...manifest.dependencies,
  ...manifest.optionalDependencies,
});

/** Name of the package, null for a file of one's own. */
function packageOf(specifier: string): string | null {
  if (specifier.startsWith('.')) return null;
  if (isBuiltin(specifier)) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** `bca` for `@raca/bca` and its entries, null for what is not ours. */
const ours = (specifier: string): string | null => /^@raca\/([a-z-]+)/.exec(specifier)?.[1] ?? null;
