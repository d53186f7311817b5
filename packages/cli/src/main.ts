import { Command, CommanderError } from 'commander';
import { version } from '../package.json';
import { addData } from './commands/data';
import { addDoctor } from './commands/doctor';
import { addEvaluate } from './commands/evaluate';
import { addGenerate } from './commands/generate';
import { addScore } from './commands/score';
import { addTrain } from './commands/train';
import { INTERRUPTED, UsageError } from './errors';

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
    .configureOutput({ outputError: (text, write) => write(text.split('\n')[0] + '\n') });
  for (const add of [addData, addTrain, addEvaluate, addGenerate, addScore, addDoctor]) add(program);
  inherit(program);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error === INTERRUPTED) return 130;
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

function oneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0];
}
