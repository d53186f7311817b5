import { join } from 'node:path';
import type { BackendName } from '@raca/backend/node';
import { SPLITS, type Split } from '@raca/data';
import { openDataset } from '@raca/data/node';
import { sameTextWarning, textCounts } from '@raca/pipeline';
import { evaluate, loadRun, RunFolder, writePage, writeReportsCsv } from '@raca/pipeline/node';
import type { Command } from 'commander';
import { backendOption, startCompute } from '../compute';
import { oneOf } from '../errors';
import { type ImageFlags, imageOptions, leftOutSummary, pictureOptions } from '../image-options';
import { banner, interruptSignal, progress } from '../output';
import { print, say } from '../say';
import { changesSummary, scoreTable, truthSummary } from '../score-table';
import { modulesFor, ownScoresFor, trustOption } from '../user-modules';

interface EvaluateFlags extends ImageFlags {
  strict?: boolean;
  run: string;
  data: string;
  split: Split;
  features?: string;
  trustModules?: boolean;
  backend?: BackendName;
  json?: boolean;
}

export function addEvaluate(program: Command): void {
  imageOptions(program.command('evaluate'))
    .description(
      'write reports for a split, score them beside trivial baselines, write reports.csv and report.html',
    )
    .requiredOption('--run <dir>', 'run folder')
    .requiredOption('--data <dir>', 'data set folder')
    .option('--split <name>', SPLITS.join(', '), oneOf('--split', SPLITS), 'test')
    .option('--features <dir>', 'folder made by raca extract, for a model that reads stored features')
    .option(...trustOption)
    .option('--strict', 'stop at an image that cannot be read (otherwise its study is left out, and named)')
    .option(...backendOption)
    .option('--json', 'print the scores as JSON')
    .addHelpText('after', '\nExample:\n  raca evaluate --run run --data phantom')
    .action(async (flags: EvaluateFlags) => {
      banner();
      const run = new RunFolder(flags.run);
      const trust = { file: run.path('config.json'), trusted: flags.trustModules };
      const dataset = openDataset(flags.data, { pictures: pictureOptions(flags) });
      const config = run.readConfig();
      const modules = await modulesFor(config, trust);
      const ownScores = await ownScoresFor(config, trust);
      await startCompute(flags.backend);
      const loaded = loadRun(flags.run, modules);
      const bar = progress('writing reports');
      const { signal, done } = interruptSignal();
      try {
        const evaluation = await evaluate(loaded, dataset, {
          split: flags.split,
          features: flags.features,
          strict: flags.strict,
          ownScores,
          signal,
          onProgress: bar.update,
        });
        bar.stop();
        leftOutSummary(evaluation.leftOut, 'their studies are in no score');
        const counts = textCounts(evaluation.studies.map(({ generated }) => generated));
        const warning = sameTextWarning(counts, 'the model', flags.split);
        if (warning !== null) say(`warning: ${warning}`);
        writeReportsCsv(join(flags.run, 'reports.csv'), evaluation);
        await writePage(join(flags.run, 'report.html'), loaded, dataset, evaluation);
        if (flags.json) {
          const { split, systems, further, truth, changes, leftOut } = evaluation;
          print(
            JSON.stringify({
              split,
              systems,
              ...(further.length > 0 && { further }),
              truth,
              ...(changes && { changes }),
              leftOut,
            }),
          );
        } else {
          print(scoreTable(evaluation, dataset.manifest?.source ?? 'unknown'));
          if (evaluation.changes) print(`\n${changesSummary(evaluation.changes)}`);
          if (evaluation.truth) print(`\n${truthSummary(evaluation.truth)}`);
          print(`\n${join(flags.run, 'report.html')}`);
        }
      } finally {
        bar.stop();
        done();
        loaded.model.dispose();
      }
    });
}
