import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { RegionSet } from '@raca/core/regions';
import { type Agreement, annotationAgreement, type Manifest, SPLITS } from '@raca/data';
import {
  AddressError,
  type AnnotateResult,
  annotateFolder,
  type ChatProvider,
  readAnnotation,
  readManifest,
} from '@raca/data/node';
import Table from 'cli-table3';
import type { Command } from 'commander';
import { FAILED, oneOf, UsageError, wholeNumber } from '../errors';
import { banner, interruptSignal, progress } from '../output';
import { readRegions } from '../region-file';
import { print, say } from '../say';

interface Flags {
  data?: string;
  out?: string;
  provider: 'lexicon' | 'openai';
  baseUrl?: string;
  model?: string;
  keyEnv?: string;
  cache?: string;
  concurrency: number;
  rate?: number;
  batch: number;
  attempts: number;
  timeout: number;
  retryWait: number;
  priceIn?: number;
  priceOut?: number;
  cleaning?: 'iu_xray' | 'mimic_cxr';
  again?: boolean;
  regions?: string;
  sendCredentialedTextToThisServer?: boolean;
  json?: boolean;
}

const SEND = '--send-credentialed-text-to-this-server';
const CLEANINGS = ['iu_xray', 'mimic_cxr'] as const;
/** Failures shown on the screen; the file has all. */
const SHOWN = 10;

export function addAnnotate(program: Command): void {
  const annotate = program
    .command('annotate')
    .description('tell which regions each sentence of the reports speaks of (sentence_regions)')
    .option('--data <dir>', 'data set folder')
    .option('--out <file>', "where the annotation goes (default: the folder's annotation.json)")
    .option(
      '--provider <name>',
      'lexicon (offline) or openai (any server of that protocol)',
      oneOf('--provider', ['lexicon', 'openai'] as const),
      'lexicon' as const,
    )
    .option('--base-url <url>', 'server, such as http://127.0.0.1:8000/v1 or unix:/run/llm.sock:/v1')
    .option('--model <name>', 'model of the server')
    .option('--key-env <name>', 'environment variable that holds the API key')
    .option('--cache <file>', 'earlier answers (default: annotate-cache.jsonl in the folder)')
    .option('--concurrency <n>', 'questions at once', wholeNumber('--concurrency'), 4)
    .option('--rate <n>', 'questions a minute at most', wholeNumber('--rate'))
    .option('--batch <n>', 'sentences in one question', wholeNumber('--batch'), 20)
    .option('--attempts <n>', 'how often a sentence is asked', wholeNumber('--attempts'), 5)
    .option('--timeout <seconds>', 'for one answer', wholeNumber('--timeout'), 120)
    .option('--retry-wait <ms>', 'first wait before asking again; doubles', wholeNumber('--retry-wait'), 1000)
    .option('--price-in <amount>', 'price of a million prompt tokens', price('--price-in'))
    .option('--price-out <amount>', 'price of a million tokens of answers', price('--price-out'))
    .option('--cleaning <name>', `default: the manifest's, else iu_xray`, oneOf('--cleaning', CLEANINGS))
    .option(
      '--regions <file>',
      'a set of regions of your own, JSON or a module (default: the 12; a server is asked for these only)',
    )
    .option('--again', 'annotate sentences anew that have regions already')
    .option(
      SEND,
      'the terms of this data allow its text to leave this machine (needed unless its manifest says open)',
    )
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  raca annotate --data iu\n  raca annotate --data iu --provider openai ' +
        '--base-url http://127.0.0.1:11434/v1 --model llama3.1:8b\n  raca annotate agree a.json b.json',
    )
    .action(run);

  annotate
    .command('agree <a> <b>')
    .description('how far two annotation files agree: F1 and kappa of each region')
    .option('--list <n>', 'print so many sentences on which they differ', wholeNumber('--list', 0), 0)
    .option('--split <name>', `one of ${SPLITS.join(', ')} (default: all)`, oneOf('--split', SPLITS))
    .option('--cleaning <name>', `default: the manifest's, else iu_xray`, oneOf('--cleaning', CLEANINGS))
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  raca annotate agree lexicon.json model.json --list 20')
    .action((a: string, b: string, flags: AgreeFlags, command: Command) =>
      agree(a, b, { ...command.optsWithGlobals(), ...flags }),
    );
}

async function run(flags: Flags): Promise<void> {
  if (flags.data === undefined) throw new UsageError('--data: expected a data set folder, found nothing');
  if (flags.regions !== undefined && flags.provider !== 'lexicon')
    throw new UsageError(
      '--regions: expected --provider lexicon with it, since a server is asked for the 12 regions only',
    );
  const provider = flags.provider === 'lexicon' ? flags.provider : chatProvider(flags);
  const regions = await regionsOf(flags);
  banner();
  const { signal, done } = interruptSignal();
  const bar = progress('annotating');
  try {
    const { data: dir, out, cleaning, again } = flags;
    const onProgress = (n: number, total: number): void => bar.update(n, total);
    const result = await annotateFolder({ dir, out, cleaning, again, regions, provider, signal, onProgress });
    bar.stop();
    tell(result, flags);
    if (result.failures.length > 0) throw FAILED;
  } catch (error) {
    bar.stop();
    if (signal.aborted && provider !== 'lexicon')
      say('stopped; what was answered is kept: the same command goes on');
    if (!(error instanceof AddressError)) throw error;
    throw new UsageError(`${error.message}; see --base-url and ${SEND} in raca annotate --help`);
  } finally {
    bar.stop();
    done();
  }
}

/** The set that `--regions` names. */
const regionsOf = async ({ regions }: { readonly regions?: string }): Promise<RegionSet | undefined> =>
  regions === undefined ? undefined : readRegions(resolve(regions), '--regions');

function chatProvider(flags: Flags): ChatProvider {
  const { baseUrl, model, keyEnv, cache, concurrency, batch, attempts } = flags;
  if (!baseUrl) throw new UsageError('--base-url: expected the address of a server, found nothing');
  if (!model) throw new UsageError('--model: expected the name of a model, found nothing');
  const key = keyEnv === undefined ? undefined : process.env[keyEnv];
  if (keyEnv !== undefined && !key) {
    throw new UsageError(`--key-env: expected a key in the environment variable ${keyEnv}, found nothing`);
  }
  return {
    provider: 'openai',
    baseUrl,
    model,
    key,
    cache,
    timeoutMs: flags.timeout * 1000,
    sendCredentialedText: flags.sendCredentialedTextToThisServer,
    ask: { concurrency, batch, attempts, perMinute: flags.rate, retryWaitMs: flags.retryWait },
  };
}

function tell(result: AnnotateResult, { priceIn, priceOut, provider, json }: Flags): void {
  const { promptTokens, completionTokens, failures } = result;
  const priced = priceIn !== undefined || priceOut !== undefined;
  const cost = (promptTokens * (priceIn ?? 0) + completionTokens * (priceOut ?? 0)) / 1e6;
  if (json) {
    print(JSON.stringify({ ...result, ...(priced ? { cost } : {}) }));
    return;
  }
  print(
    `${result.out}: ${result.sentences} distinct sentences (${result.uses} in all), ` +
      `${result.sentences - failures.length} annotated, ${failures.length} failed`,
  );
  if (provider === 'openai') {
    print(
      `${result.cached} known from before, ${result.requests} questions, ` +
        `${promptTokens} + ${completionTokens} tokens${priced ? `, cost ${cost.toFixed(4)}` : ''}`,
    );
  }
  for (const { sentence, reason, places } of failures.slice(0, SHOWN)) {
    say(`failed: ${places[0]?.id} S${places[0]?.sentence} "${sentence}": ${reason}`);
  }
  if (failures.length > SHOWN) say(`and ${failures.length - SHOWN} more`);
  if (result.failuresFile) {
    say(`${result.failuresFile}: every failure; run the same command to ask those again`);
  }
}

interface AgreeFlags {
  list: number;
  split?: (typeof SPLITS)[number];
  cleaning?: 'iu_xray' | 'mimic_cxr';
  regions?: string;
  json?: boolean;
}

async function agree(a: string, b: string, flags: AgreeFlags): Promise<void> {
  const [left, right] = [manifestOf(a), manifestOf(b)];
  const cleaning = flags.cleaning ?? left?.cleaning ?? right?.cleaning ?? 'iu_xray';
  const regions = (await regionsOf(flags))?.names ?? left?.regions ?? right?.regions;
  const splits = flags.split ? [flags.split] : undefined;
  const agreement = annotationAgreement(readAnnotation(a), readAnnotation(b), { cleaning, splits, regions });
  if (flags.json) print(JSON.stringify(agreement));
  else show(agreement, flags.list);
  if (agreement.studies === 0) {
    say(`${b}: expected studies annotated in both files, found none`);
    throw FAILED;
  }
}

function show({ regions, disagreements, left, ...sum }: Agreement, list: number): void {
  const number = (value: number | null): string => (value === null ? '-' : value.toFixed(3));
  print(
    `${sum.studies} studies, ${sum.sentences} sentences; left out: ${left.onlyA} only in A, ${left.onlyB} only ` +
      `in B, ${left.bare} not annotated in both, ${left.texts} with another report`,
  );
  const table = new Table({
    head: ['region', 'both', 'only A', 'only B', 'F1', 'kappa'],
    style: { head: [], border: [], compact: true },
  });
  for (const r of regions) table.push([r.region, r.both, r.onlyA, r.onlyB, number(r.f1), number(r.kappa)]);
  print(table.toString());
  print(
    `micro-F1 ${number(sum.microF1)}, macro-F1 ${number(sum.macroF1)}, mean kappa ${number(sum.meanKappa)}, ` +
      `same set of regions ${number(sum.exact)}`,
  );
  for (const { id, sentence, text, a, b } of disagreements.slice(0, list)) {
    print(`${id} S${sentence} "${text}": A ${a.join(', ') || 'none'}; B ${b.join(', ') || 'none'}`);
  }
}

/** The manifest beside a file. */
function manifestOf(file: string): Manifest | undefined {
  const manifest = join(dirname(file), 'manifest.json');
  return existsSync(manifest) ? readManifest(manifest) : undefined;
}

/** A price. @throws UsageError */
const price =
  (name: string) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+(\.\d+)?$/.test(text) || !Number.isFinite(value)) {
      throw new UsageError(`${name}: expected a price such as 0.15, found "${text}"`);
    }
    return value;
  };
