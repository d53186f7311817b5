import type { BackendName } from '@raca/backend/node';
import { CHECKPOINT_LAYOUTS, type CheckpointLayout } from '@raca/pipeline';
import { BACKBONES, type BackboneName, importBackbone, importCheckpoint } from '@raca/pipeline/node';
import { type Command, Option } from 'commander';
import { backendOption, startCompute } from '../compute';
import { oneOf, UsageError, wholeNumber } from '../errors';
import { banner } from '../output';
import { print } from '../say';

const CLEANINGS = ['iu_xray', 'mimic_cxr'] as const;

interface ImportWeightsFlags {
  as: CheckpointLayout | BackboneName;
  out: string;
  data?: string;
  annotation?: string;
  threshold?: number;
  cleaning?: (typeof CLEANINGS)[number];
  heads?: number;
  memoryHeads?: number;
  topK?: number;
  maxLength?: number;
  views?: number;
  backend?: BackendName;
  json?: boolean;
}

/** Options that only checkpoints of whole models take. */
const OF_MODELS = [
  'data',
  'annotation',
  'threshold',
  'cleaning',
  'heads',
  'memoryHeads',
  'topK',
  'maxLength',
  'views',
] as const;

export function addImportWeights(program: Command): void {
  const kinds = [...CHECKPOINT_LAYOUTS, ...BACKBONES];
  program
    .command('import-weights')
    .description(
      'make a run folder from a published checkpoint (R2Gen, R2GenCMN, RACA), or weights of a backbone from torchvision’s',
    )
    .argument('<file>', 'PyTorch’s .pth: a checkpoint or a state_dict, in either format; or safetensors')
    .requiredOption('--as <layout>', kinds.join(', '), oneOf('--as', kinds))
    .requiredOption('--out <path>', 'run folder to make; for a backbone the safetensors file')
    .option(
      '--data <dir>',
      'data set folder that the model was trained on: the vocabulary comes from its reports',
    )
    .addOption(
      new Option('--annotation <file>', 'annotation.json alone, instead of --data').conflicts('data'),
    )
    .option(
      '--threshold <n>',
      'words seen fewer times are <unk> (default: 3 for IU X-ray, 10 for MIMIC-CXR)',
      wholeNumber('--threshold'),
    )
    .option(
      '--cleaning <name>',
      `${CLEANINGS.join(' or ')} (default: by the data)`,
      oneOf('--cleaning', CLEANINGS),
    )
    .option(
      '--heads <n>',
      'attention heads, which a checkpoint does not tell (default: 8)',
      wholeNumber('--heads'),
    )
    .option(
      '--memory-heads <n>',
      'heads of R2Gen’s relational memory (default: 8)',
      wholeNumber('--memory-heads'),
    )
    .option(
      '--top-k <n>',
      'rows of R2GenCMN’s memory that answer each head (default: 32)',
      wholeNumber('--top-k'),
    )
    .option(
      '--max-length <n>',
      'longest report in tokens (default: 60 for IU X-ray, 100 for MIMIC-CXR)',
      wholeNumber('--max-length'),
    )
    .option(
      '--views <n>',
      'images per study (default: 2 for IU X-ray, 1 for MIMIC-CXR)',
      wholeNumber('--views'),
    )
    .option(...backendOption)
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  raca import-weights model_iu_xray.pth --as r2gen --data iu_xray --out r2gen-iu\n' +
        '  raca import-weights resnet101.pth --as resnet101 --out resnet101.safetensors',
    )
    .action(async (file: string, flags: ImportWeightsFlags) => {
      await runImport(file, flags);
    });
}

async function runImport(file: string, flags: ImportWeightsFlags): Promise<void> {
  const { as, out, data, annotation, json, backend, ...options } = flags;
  const backbone = BACKBONES.find((name) => name === as);
  banner();
  if (backbone !== undefined) {
    const wrong = OF_MODELS.find((name) => flags[name] !== undefined);
    if (wrong) throw new UsageError(`--as ${as}: a backbone takes no --${dashed(wrong)}`);
    await startCompute(backend);
    const parameters = importBackbone(file, backbone, out);
    print(json ? JSON.stringify({ out, as, parameters }) : `${out}: ${as}, ${millions(parameters)}`);
    return;
  }
  const texts = data ?? annotation;
  if (texts === undefined)
    throw new UsageError(
      '--data: expected the data set folder that the model was trained on (or --annotation), found none',
    );
  await startCompute(backend);
  const layout = as as CheckpointLayout;
  const { config, words, parameters } = importCheckpoint({ ...options, file, layout, data: texts, out });
  const { model, training } = config;
  if (json) {
    print(JSON.stringify({ out, as, parameters, words, model, cleaning: training.cleaning }));
    return;
  }
  const kind = model.backbone
    ? `resnet${model.backbone.config.depth}`
    : 'no backbone: it reads stored features';
  print(
    `${out}: ${as}, ${millions(parameters)}, ${words} words (threshold ${training.wordThreshold}, cleaning ` +
      `${training.cleaning}), ${model.views} view${model.views > 1 ? 's' : ''}, ${kind}`,
  );
}

const millions = (n: number): string => `${(n / 1e6).toFixed(n < 1e6 ? 2 : 1)} million parameters`;
const dashed = (name: string): string => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
