import { PRESETS, type RunConfig, resolveConfig } from '@raca/pipeline';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { readConfig } from '../config-file';
import { print } from '../say';

interface JsonFlag {
  json?: boolean;
}

export function addConfig(program: Command): void {
  const config = program
    .command('config')
    .description('show configs: what a name or file stands for, every default filled in');
  config
    .command('list')
    .description('the configs that --config knows by name')
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExample:\n  raca config list')
    .action(({ json }: JsonFlag) => {
      const rows = Object.entries(PRESETS).map(([name, make]) => summary(name, make()));
      print(json ? JSON.stringify(rows) : rows.map(line).join('\n'));
    });
  config
    .command('show')
    .argument('<name|file>', 'name of a config, JSON or YAML file, or run folder')
    .description('print the whole config as YAML, which can be saved, edited and used as --config')
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  raca config show small > mine.yaml\n  raca train --data phantom --out run --config mine.yaml',
    )
    .action((nameOrPath: string, { json }: JsonFlag) => {
      const whole = resolveConfig(readConfig(nameOrPath, { option: 'config', trusted: true }));
      print(
        json ? JSON.stringify(whole, null, 2) : `${HEADER}${stringify(whole, { lineWidth: 0 })}`.trimEnd(),
      );
    });
}

const HEADER = [
  '# Every option that this config sets or leaves at its default.',
  '# Width, grid, image size, report length and vocabulary are passed on to the modules by the model.',
  '',
].join('\n');

/** What tells configs apart. */
function summary(name: string, { model, training }: RunConfig) {
  const { backbone, vision, agent, alignment, fusion, decoder } = model;
  const modules = { backbone, vision, agent, alignment, fusion, decoder };
  return {
    name,
    width: model.width,
    imageSize: model.imageSize,
    epochs: training.epochs,
    modules: Object.fromEntries(Object.entries(modules).map(([slot, module]) => [slot, module?.use ?? null])),
  };
}

function line({ name, width, imageSize, epochs, modules }: ReturnType<typeof summary>): string {
  const used = Object.values(modules).filter((use) => use !== null);
  return `${name.padEnd(10)} width ${width}, images ${imageSize} × ${imageSize}, ${epochs} epochs; ${used.join(', ')}`;
}
