import type { BackendName } from '@raca/backend/node';
import { REGIONS } from '@raca/core/regions';
import { generateFromFiles, loadRun, RunFolder } from '@raca/pipeline/node';
import type { Command } from 'commander';
import { backendOption, startCompute } from '../compute';
import { modulesFor } from '../config-file';
import { banner } from '../output';

export function addGenerate(program: Command): void {
  program
    .command('generate')
    .description('write the report of one study from its image files')
    .requiredOption('--run <dir>', 'run folder of a trained model')
    .requiredOption('--images <file...>', 'PNG or JPEG, one a view (frontal first)')
    .option(...backendOption)
    .option('--json', 'print report and region masks as JSON')
    .addHelpText('after', '\nExample:\n  raca generate --run run --images frontal.png lateral.png')
    .action(async (flags: { run: string; images: string[]; backend?: BackendName; json?: boolean }) => {
      banner();
      const config = new RunFolder(flags.run).readConfig();
      await startCompute(flags.backend);
      const loaded = loadRun(flags.run, await modulesFor(config));
      try {
        const { report, masks } = await generateFromFiles(loaded, flags.images);
        if (!flags.json) console.log(report);
        else {
          const p = masks.length / REGIONS.length;
          const regions = Object.fromEntries(
            REGIONS.map((name, r) => [name, Array.from(masks.subarray(r * p, (r + 1) * p))]),
          );
          console.log(
            JSON.stringify({ report, grid: config.model.grid, regions, notice: 'Not for clinical use.' }),
          );
        }
      } finally {
        loaded.model.dispose();
      }
    });
}
