import { type AlignmentConfig, contrastiveAlignment } from '@raca/alignment';
import { type BcaConfig, bca } from '@raca/bca';
import type {
  Alignment,
  Fusion,
  Random,
  RegionAgent,
  ReportDecoder,
  VisionBackbone,
  VisionEncoder,
} from '@raca/core';
import { transformerDecoder } from '@raca/decoder';
import { priorAgent, publishedAgent, racaAgent } from '@raca/region-agent';
import { resnet, smallCnn, visualTransformer } from '@raca/vision';
import type { ModelConfig, Slot } from './config';

/** What the model knows and its parts need. */
export interface ModelSizes {
  /** d */
  readonly width: number;
  readonly imageSize: number;
  readonly views: number;
  readonly grid: { readonly rows: number; readonly cols: number };
  /** V: words + 1 */
  readonly vocabularySize: number;
  readonly maxLength: number;
}

type Options = Readonly<Record<string, unknown>>;
type Factory<M> = (config: Options, sizes: ModelSizes, random: Random) => M;

/** Names that a config may use, and what they make. A user's own module is one more entry. */
export interface ModuleTable {
  readonly backbone: Readonly<Record<string, Factory<VisionBackbone>>>;
  readonly vision: Readonly<
    Record<
      string,
      (config: Options, sizes: ModelSizes, random: Random, backbone: VisionBackbone | null) => VisionEncoder
    >
  >;
  readonly agent: Readonly<Record<string, Factory<RegionAgent>>>;
  readonly alignment: Readonly<Record<string, Factory<Alignment>>>;
  readonly fusion: Readonly<Record<string, Factory<Fusion>>>;
  readonly decoder: Readonly<Record<string, Factory<ReportDecoder>>>;
}
