import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lockFolder, writeFileAtomic } from '@raca/core/node';
import { REGIONS, type RegionSet, THORAX_12 } from '@raca/core/regions';
import { fillRegions, type Place, sentencesToAnnotate } from '../../annotate/plan';
import { PROMPT_V1 } from '../../annotate/prompt-v1';
import { annotatorFor } from '../../annotate/region-words';
import { whyCredentialed } from '../../credentialed';
import type { Cleaning } from '../../text/clean';
import { readAnnotation, readManifest } from '../read';
import { writeAnnotation } from '../write';
import { AddressError, isLocal, parseAddress } from './address';
import { AnswerCache } from './answer-cache';
import { type AskOptions, askAll } from './ask';
import { ChatClient } from './chat';

/** A server of the chat-completions protocol. */
export interface ChatProvider {
  readonly provider: 'openai';
  /** `http://127.0.0.1:8000/v1`, `https://host/v1` or `unix:/socket:/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  readonly key?: string;
  /** For one answer (default 120,000). */
  readonly timeoutMs?: number;
  /** File of earlier answers (default `annotate-cache.jsonl` in the folder). */
  readonly cache?: string;
  /**
   * Needed to send text to a server that is not this machine, unless the data set's manifest says that it is open.
   * Whoever sets it has made sure that the terms of the data allow it.
   */
  readonly sendCredentialedText?: boolean;
  readonly ask?: Omit<AskOptions, 'signal' | 'onProgress'>;
}

export interface AnnotateOptions {
  readonly dir: string;
  /** Where the annotation goes (default: the folder's own `annotation.json`). */
  readonly out?: string;
  /** Default `lexicon`: offline, always the same. */
  readonly provider?: 'lexicon' | ChatProvider;
  /** Default: that of the manifest, else `iu_xray`. */
  readonly cleaning?: Cleaning;
  /** Annotate sentences anew that have an entry already (default false: only what is missing). */
  readonly again?: boolean;
  /**
   * Whose regions (default: the 12, which alone a server can be asked for). What was annotated for other regions is annotated
   * anew, and the manifest says which they are now.
   */
  readonly regions?: RegionSet;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** A sentence that got no answer, why, and where it stands. */
export interface AnnotateFailure {
  readonly sentence: string;
  readonly reason: string;
  readonly places: readonly Place[];
}

export interface AnnotateResult {
  readonly out: string;
  /** Distinct sentences that were to be annotated, and how often they are used. */
  readonly sentences: number;
  readonly uses: number;
  /** Distinct sentences that an earlier run had asked already. */
  readonly cached: number;
  /** Questions, retries included, and tokens of this run as the server counted them. */
  readonly requests: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly failures: readonly AnnotateFailure[];
  /** File that lists the failures, one a line; absent where there are none. */
  readonly failuresFile?: string;
}

/**
 * Writes `sentence_regions` of every report of a data set folder. Each distinct sentence is asked once, whatever
 * fails is listed and the rest kept; a run that was killed goes on from its cache.
 *
 * @throws DataError for a folder that cannot be read; RangeError for a server and other regions than the 12; AddressError for an address that cannot be meant, or one elsewhere
 *   for text with restricted access
 */
export async function annotateFolder(options: AnnotateOptions): Promise<AnnotateResult> {
  const { dir, provider = 'lexicon', regions: set = THORAX_12, signal, onProgress } = options;
  if (provider !== 'lexicon' && set !== THORAX_12)
    throw new RangeError(
      `annotateFolder: a server is asked for the 12 regions only, got the set "${set.name}"`,
    );
  const file = join(dir, 'annotation.json');
  const manifestFile = join(dir, 'manifest.json');
  const manifest = existsSync(manifestFile) ? readManifest(manifestFile) : undefined;
  const before = manifest?.regions ?? REGIONS;
  const again = options.again || before.join('\n') !== set.names.join('\n');
  const cleaning = options.cleaning ?? manifest?.cleaning ?? 'iu_xray';
  const why = whyCredentialed(manifest);
  const client = provider === 'lexicon' ? undefined : makeClient(provider, why, manifestFile);
  const annotation = readAnnotation(file, { otherFields: true });
  const plan = { cleaning, again };
  const places = sentencesToAnnotate(annotation, plan);
  const sentences = [...places.keys()];
  const out = options.out ?? file;

  const asked =
    client && provider !== 'lexicon'
      ? await askServer(sentences, client, provider, options)
      : lexiconAnswers(sentences, set, onProgress);
  signal?.throwIfAborted();
  const failures = [...asked.failures].map(([sentence, reason]) => ({
    sentence,
    reason,
    places: places.get(sentence) ?? [],
  }));
  const failuresFile = join(dir, 'annotate-failures.jsonl');
  if (failures.length > 0) {
    writeFileAtomic(failuresFile, failures.map((failure) => `${JSON.stringify(failure)}\n`).join(''));
  } else rmSync(failuresFile, { force: true });
  const complete = fillRegions(annotation, asked.answers, plan);
  if (manifest && out === file) {
    const by = provider === 'lexicon' ? { provider } : { provider: 'openai', model: provider.model };
    const { regions: _, ...facts } = manifest;
    const regions = set === THORAX_12 ? {} : { regions: [...set.names] };
    const annotated = { ...by, ...(client ? { prompt: PROMPT_V1.version } : {}), failed: failures.length };
    writeFileAtomic(manifestFile, `${JSON.stringify({ ...facts, ...regions, annotated }, null, 2)}\n`);
  }
  writeAnnotation(out, complete);
  return {
    out,
    sentences: sentences.length,
    uses: [...places.values()].reduce((sum, list) => sum + list.length, 0),
    cached: asked.cached,
    requests: asked.requests,
    promptTokens: asked.promptTokens,
    completionTokens: asked.completionTokens,
    failures,
    ...(failures.length > 0 ? { failuresFile } : {}),
  };
}

/** @param why the text counts as credentialed; null where it does not */
function makeClient(provider: ChatProvider, why: string | null, manifestFile: string): ChatClient {
  const address = parseAddress(provider.baseUrl);
  const guarded = why !== null && !provider.sendCredentialedText;
  if (guarded && !isLocal(address)) {
    throw new AddressError(
      `${manifestFile}: credentialed text may not leave this machine (${why}): expected a server on localhost, ` +
        `127.0.0.0/8, ::1 or unix:, found ${address.hostname} (private networks are other machines)`,
    );
  }
  const { model, key, timeoutMs } = provider;
  return new ChatClient({ address, model, key, timeoutMs, prompt: PROMPT_V1, localOnly: guarded });
}

interface Answers {
  readonly answers: Map<string, string[]>;
  readonly failures: Map<string, string>;
  readonly cached: number;
  readonly requests: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

async function askServer(
  sentences: readonly string[],
  client: ChatClient,
  provider: ChatProvider,
  { dir, signal, onProgress }: AnnotateOptions,
): Promise<Answers> {
  const source = { prompt: PROMPT_V1.version, model: provider.model };
  const path = provider.cache ?? join(dir, 'annotate-cache.jsonl');
  const cache = new AnswerCache(path, source);
  try {
    const release = lockFolder(dirname(path), 'an annotation'); // nothing is asked twice
    try {
      const cached = sentences.filter((sentence) => cache.get(sentence)).length;
      return { ...(await askAll(sentences, client, cache, { ...provider.ask, signal, onProgress })), cached };
    } finally {
      release();
    }
  } finally {
    cache.close();
  }
}

function lexiconAnswers(
  sentences: readonly string[],
  set: RegionSet,
  onProgress?: AnnotateOptions['onProgress'],
): Answers {
  const regions = annotatorFor(set).annotate(sentences);
  onProgress?.(sentences.length, sentences.length);
  const answers = new Map(sentences.map((sentence, i) => [sentence, regions[i]]));
  return { answers, failures: new Map(), cached: 0, requests: 0, promptTokens: 0, completionTokens: 0 };
}
