import {
  clippedTokens,
  drGrpo,
  editGrpo,
  greedyBaseline,
  groupMean,
  groupStandardised,
  grpo,
  k3,
  leaveOneOut,
  ratioOf,
  rloo,
  scst,
  sequenceSum,
  tokenMean,
} from '@raca/objectives';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';

const weight = z.number().nonnegative();

/** Losses over n sampled reports a study. @param {import('./system-case.mjs').SystemCase} given */
export function policyObjectives(given) {
  const options = given.hyper({
    clip: z.number().positive(),
    kl_weight_grpo: weight,
    kl_weight_editgrpo: weight,
  });
  const { clip, kl_weight_grpo: grpoKl, kl_weight_editgrpo: editKl } = options;
  const { data: rewards, shape } = given.input('rewards', [null, null]);
  const samples = shape[1];
  const edited = given.values('edit.rewards');
  const greedyRewards = given.values('rewards_greedy');
  for (const name of ['edit.source', 'edit.target']) given.input(name);
  const [old, reference, mask] = /** @type {any[]} */ (
    ['logp_old', 'logp_ref', 'mask'].map((name) => given.tensor(name))
  );

  given.check('advantages.scst', greedyBaseline(rewards, samples, greedyRewards));
  given.check('advantages.rloo', leaveOneOut(rewards, samples));
  given.check('advantages.grpo', groupStandardised(rewards, samples));
  given.check('advantages.grpo_no_std', groupMean(rewards, samples));
  given.check('advantages.editgrpo', groupMean(edited, samples));

  const policy = /** @type {any} */ (given.tensor('logp_new'));
  const ratio = ratioOf(policy, old);
  const A = tf.tensor2d(groupStandardised(rewards, samples), [rewards.length, 1]);
  given.check('ratio_clipped', tf.clipByValue(ratio, 1 - clip, 1 + clip));
  given.check('k3', k3(policy, reference));
  given.check('clip_fraction.grpo', tokenMean(clippedTokens(ratio, A, clip), mask));
  given.check('ratio', ratio);

  /** @type {Record<string, import('@raca/objectives').Objective<import('@raca/objectives').SampledReports>>} */
  const objectives = {
    'scst.token_mean': scst(),
    'scst.sequence_sum': scst({ reduction: sequenceSum }),
    'rloo.sequence_sum': rloo(),
    'rloo.clip_token_mean': rloo({ clip, reduction: tokenMean }),
    'grpo.clip': grpo({ clip }),
    'grpo.clip_kl': grpo({ clip, klWeight: grpoKl }),
    'grpo_no_std.clip': grpo({ clip, divide: false }),
    dr_grpo: drGrpo({ clip }),
    'kl.token_mean': (reports) => tokenMean(k3(reports.policy, reference), mask),
    editgrpo: (reports) => editGrpo({ clip, klWeight: editKl })({ ...reports, rewards: edited }),
  };
  for (const [name, objective] of Object.entries(objectives)) {
    given.differentiate(name, ({ logp_new }) =>
      objective({ policy: logp_new, old, reference, mask, rewards, samples, greedyRewards }),
    );
  }
}
