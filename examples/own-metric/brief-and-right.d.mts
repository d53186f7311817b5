import type { Reward } from '@raca/metrics';

declare const briefAndRight: Reward;
export default briefAndRight;
