import type { BackendName } from '@raca/backend/node';
import { openDataset } from '@raca/data/node';
import { loadRun, makeBank, RunFolder } from '@raca/pipeline/node';
import type { Command } from 'commander';
import { backendOption, startCompute } from '../compute';
import { type ImageFlags, imageOptions, leftOutSummary, pictureOptions } from '../image-options';
import { banner, interruptSignal, progress } from '../output';
import { print } from '../say';
import { modulesFor, trustOption } from '../user-modules';

interface BankFlags extends ImageFlags {
  run: string;
  data: string;
  out: string;
  features?: string;
  strict?: boolean;
  trustModules?: boolean;
  backend?: BackendName;
  json?: boolean;
}

export function addBank(program: Command): void {
  imageOptions(program.command('bank'))
    .description(
      'make a bank of cases, for models that look at the reports of similar ones: all studies as a run’s encoder sees them, ' +
        'and the training reports',
    )
    .requiredOption('--run <dir>', 'run folder whose encoder and words are used')
    .requiredOption('--data <dir>', 'data set folder (R2Gen layout)')
    .requiredOption('--out <dir>', 'folder to make; nothing is there before all is done')
    .option('--features <dir>', 'folder made by raca extract, for a run that reads stored features')
    .option(...trustOption)
    .option('--strict', 'stop at an image that cannot be read (otherwise its study is left out, and named)')
    .option(...backendOption)
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  raca bank --run run --data iu --out iu-bank\n' +
        '  raca train --data iu --config similar.yaml --out with-similar\n\nsimilar.yaml:\n  base: run\n' +
        '  model: { context: { use: similar-cases, config: { bank: iu-bank } } }',
    )
    .action(async (flags: BankFlags) => {
      await runBank(flags);
    });
}

async function runBank(flags: BankFlags): Promise<void> {
  banner();
  const run = new RunFolder(flags.run);
  const dataset = openDataset(flags.data, { pictures: pictureOptions(flags) });
  const modules = await modulesFor(run.readConfig(), {
    file: run.path('config.json'),
    trusted: flags.trustModules,
  });
  const backend = await startCompute(flags.backend);
  const loaded = loadRun(flags.run, modules);
  const bar = progress('looking at studies');
  const { signal, done } = interruptSignal();
  const leftOut = new Set<string>();
  try {
    const { features, strict, out } = flags;
    const { ids, width, reports } = await makeBank(loaded, dataset, out, {
      ...{ features, strict, signal, onProgress: bar.update },
      onUnreadable: (line) => leftOut.add(line),
    });
    bar.stop();
    leftOutSummary([...leftOut], 'their studies are not in the bank');
    const told = reports.filter((report) => report !== null).length;
    if (flags.json) {
      print(
        JSON.stringify({
          out,
          studies: ids.length,
          reports: told,
          width,
          leftOut: [...leftOut],
          backend: backend.name,
        }),
      );
    } else print(`${out}: ${ids.length} studies, ${told} of them with a report; vectors of ${width} numbers`);
  } finally {
    bar.stop();
    done();
    loaded.model.dispose();
  }
}
