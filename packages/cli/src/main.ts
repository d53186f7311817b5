import { asDiskError } from '@raca/core/node';
import { Command, CommanderError } from 'commander';
import { version } from '../package.json';
import { addAblate } from './commands/ablate';
import { addAnnotate } from './commands/annotate';
import { addBank } from './commands/bank';
import { addCompare } from './commands/compare';
import { addConfig } from './commands/config';
import { addData } from './commands/data';
import { addDoctor } from './commands/doctor';
import { addEvaluate } from './commands/evaluate';
import { addExtract } from './commands/extract';
import { addGenerate } from './commands/generate';
import { addImportWeights } from './commands/import-weights';
import { addLabel } from './commands/label';
import { addScore } from './commands/score';
import { addTrain } from './commands/train';
import { FAILED, INTERRUPTED, UsageError } from './errors';
import { visible } from './visible-line';

/**
 * Runs the command `raca`.
 * @param argv arguments without program names
 * @returns exit code: 0 done, 1 failed, 2 wrong use, 130 stopped by Ctrl-C
 */
export async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('raca')
    .description('Chest X-ray report generation. Research software. Not for clinical use.')
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(usage(text)) });
  for (const add of [
    addData,
    addAnnotate,
    addImportWeights,
    addExtract,
    addBank,
    addTrain,
    addAblate,
    addCompare,
    addConfig,
    addEvaluate,
    addGenerate,
    addScore,
    addLabel,
    addDoctor,
  ])
    add(program);
  inherit(program);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error === INTERRUPTED || (error as Error | null)?.name === 'AbortError') return 130;
    if (error === FAILED) return 1;
    if (process.env.RACA_DEBUG) console.error(error);
    else console.error(`raca: ${oneLine(error)}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** Sub-commands throw and print errors as the program does. */
function inherit(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    inherit(child);
  }
}

/** The first line of what commander says, begun like our own errors. */
const usage = (text: string): string => `${visible(text.split('\n')[0]).replace(/^error:/, 'raca:')}\n`;

function oneLine(error: unknown): string {
  const { path } = (error ?? {}) as NodeJS.ErrnoException;
  const named = path === undefined ? error : asDiskError(error, path);
  const message = named instanceof Error ? named.message : String(named);
  return shortened(visible(inWords(message.split('\n')[0])));
}

/** A file's content or name may make a message of any length: its middle is left out. */
function shortened(line: string): string {
  return line.length <= 800 ? line : `${line.slice(0, 500)} … ${line.slice(-200)}`;
}

/** What the engine says of an input that is too deep or too large for it. */
function inWords(message: string): string {
  if (/Maximum call stack size exceeded/.test(message))
    return 'the input holds too many levels inside one another to be read';
  if (/^(Invalid (string|array|typed array) length|Array buffer allocation failed)/.test(message))
    return `the input asks for more memory than there is (${message})`;
  return message;
}
