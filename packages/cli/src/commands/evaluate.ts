import { join } from 'node:path';
import type { BackendName } from '@raca/backend/node';
import { LARGEST } from '@raca/core';
import { SPLITS, type Split } from '@raca/data';
import { openDataset } from '@raca/data/node';
import { sameTextWarning, textCounts } from '@raca/pipeline';
import { evaluate, loadRun, RunFolder, writePage, writeReportsCsv } from '@raca/pipeline/node';
import type { Command } from 'commander';
import { backendOption, startCompute } from '../compute';
import { oneOf, UsageError, wholeNumber } from '../errors';
import { type ImageFlags, imageOptions, leftOutSummary, pictureOptions } from '../image-options';
import { banner, interruptSignal, progress } from '../output';
import { print, say } from '../say';
import { changesSummary, classSummary, probabilitySummary, scoreTable, truthSummary } from '../score-table';
import { modulesFor, ownScoresFor, trustOption } from '../user-modules';

interface EvaluateFlags extends ImageFlags {
  strict?: boolean;
  run: string;
  data: string;
  split: Split;
  features?: string;
  search?: 'beam' | 'greedy';
  beam?: number;
  withoutBaselines?: boolean;
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
    .option(
      '--search <name>',
      'how words are chosen, beam or greedy, instead of the config’s',
      oneOf('--search', ['beam', 'greedy']),
    )
    .option('--beam <n>', 'beams of beam search, instead of the config’s', wholeNumber('--beam'))
    .option('--without-baselines', 'leave out the constant reports and the nearest training report')
    .option(...trustOption)
    .option('--strict', 'stop at an image that cannot be read (otherwise its study is left out, and named)')
    .option(...backendOption)
    .option('--json', 'print the scores as JSON')
    .addHelpText('after', '\nExample:\n  raca evaluate --run run --data phantom')
    .action(async (flags: EvaluateFlags) => {
      banner();
      checkSearch(flags);
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
          generation: searchOf(flags),
          baselines: !flags.withoutBaselines,
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
          const { split, systems, further, head, calibration, validationFeeds } = evaluation;
          const { truth, changes, leftOut } = evaluation;
          print(
            JSON.stringify({
              split,
              systems,
              ...(further.length > 0 && { further }),
              ...(head && { head }),
              calibration,
              ...(validationFeeds.length > 0 && { validationFeeds }),
              truth,
              ...(changes && { changes }),
              leftOut,
            }),
          );
        } else {
          print(scoreTable(evaluation, dataset.manifest?.source ?? 'unknown'));
          print(`\n${classSummary(evaluation)}`);
          const probabilities = probabilitySummary(evaluation);
          if (probabilities !== '') print(`\n${probabilities}`);
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

/** What the flags say of the search; `--beam` alone means beam search. */
function searchOf({ search, beam }: EvaluateFlags) {
  const named = search ?? (beam === undefined ? undefined : 'beam');
  return { ...(named && { search: named }), ...(beam !== undefined && { beam }) };
}

/** @throws UsageError */
function checkSearch({ search, beam }: EvaluateFlags): void {
  if (beam === undefined) return;
  if (search === 'greedy')
    throw new UsageError('--beam: expected beam search with it, found --search greedy');
  if (beam > LARGEST.reports)
    throw new UsageError(`--beam: expected at most ${LARGEST.reports} beams, found ${beam}`);
}
