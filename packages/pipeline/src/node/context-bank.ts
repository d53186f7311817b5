import { join } from 'node:path';
import type { Bank } from '@raca/context';
import { BANK_FILE, readBank } from '@raca/context/node';
import { type Annotation, Tokenizer } from '@raca/data';
import type { ModelConfig } from '../config';
import { bankFolder } from './module-paths';
import { fileHash, type RunFolder } from './run-folder';

/** The bank of cases that a model reads. */
export interface ContextBank {
  readonly folder: string;
  readonly bank: Bank;
  /** Of the bank's reports. */
  readonly tokenizer: Tokenizer;
  /** Of `bank.json`, which names the hash of the rest. */
  readonly sha256: string;
}

const FIELD = 'model.context.config.bank';

/** The bank that a config names; null for a model that reads none. @throws Error in one line: no bank, or one without words */
export function readContextBank({ context }: Pick<ModelConfig, 'context'>): ContextBank | null {
  const folder = bankFolder(context);
  if (folder === null) return null;
  try {
    const bank = readBank(folder);
    if (!bank.words) throw new Error(`${join(folder, BANK_FILE)}: expected words of the reports, found none`);
    return { folder, bank, tokenizer: new Tokenizer(bank.words), sha256: fileHash(join(folder, BANK_FILE))! };
  } catch (error) {
    throw new Error(`${FIELD}: ${(error as Error).message}`);
  }
}

/** @throws Error in one line if the run was started with another bank */
export function requireSameBank(run: RunFolder, { folder, sha256 }: ContextBank): void {
  const { bank } = run.readFacts();
  const started = (bank as { sha256?: unknown } | undefined)?.sha256;
  if (started === sha256) return;
  throw new Error(
    `${FIELD}: ${folder}: expected the bank that ${run.dir} was trained with (see run.json), found another`,
  );
}

/** @throws Error in one line if the bank gives away the report of a study that the model is measured on */
export function requireHeldOut({ folder, bank }: ContextBank, { val, test }: Annotation): void {
  const told = new Set(bank.ids.filter((_, row) => bank.reports[row] !== null));
  const { id } = [...val, ...test].find((study) => told.has(study.id)) ?? {};
  if (id === undefined) return;
  throw new Error(
    `${FIELD}: ${folder}: expected no report of a validation or test study, found that of ${id}`,
  );
}
