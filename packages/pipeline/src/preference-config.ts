import { z } from 'zod';

/** Objectives of `@raca/objectives` that learn from pairs. */
export const PREFERENCE_OBJECTIVES = ['dpo', 'ipo', 'kto', 'simpo', 'orpo'] as const;

/** Training on pairs of a report that is wanted and one that is not; see {@link preferencePairs}. */
export const preferenceSchema = z
  .strictObject({
    objective: z.enum(PREFERENCE_OBJECTIVES).describe('Which objective of `@raca/objectives`.'),
    beta: z
      .number()
      .positive()
      .optional()
      .describe(
        'How strongly the objective holds to the reference; of `simpo` the factor of the margin, of `orpo` the weight of the odds ' +
          'ratio. Absent: 0.1, for `simpo` 2.',
      ),
    gamma: z.number().min(0).optional().describe('Margin that `simpo` wants, and `simpo` alone; absent: 1.'),
    pairs: z
      .enum(['prior-lines', 'nearest', 'constant'])
      .describe(
        'What is rejected beside a study’s own report. `prior-lines`: the report with lines that compare with an earlier study, of its ' +
          'own or else of another report; the chosen one has none. `nearest`: the report of the training study that looks most alike. ' +
          '`constant`: the report most like all training reports.',
      ),
    masks: z
      .enum(['sentences', 'report'])
      .default('sentences')
      .describe(
        'Count only sentences in which both reports differ (by labels, or by prior-exam lines), or the whole reports.',
      ),
    weight: z
      .number()
      .gt(0)
      .max(1)
      .default(0.5)
      .describe('Share of the objective’s loss; the token cross-entropy gets the rest.'),
  })
  .superRefine(({ objective, pairs, masks, gamma }, context) => {
    const refuse = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (gamma !== undefined && objective !== 'simpo')
      refuse('gamma', `expected the objective "simpo" beside it, found "${objective}"`);
    if (pairs === 'prior-lines' && masks === 'sentences' && objective !== 'dpo' && objective !== 'kto') {
      const why = 'the chosen report has no such sentence, and a mean over nothing teaches nothing';
      refuse('masks', `expected "report" for "prior-lines" with "${objective}" (${why}), found "sentences"`);
    }
  });
export type PreferenceConfig = z.output<typeof preferenceSchema>;

/** Whether the objective asks a frozen model. */
export const asksReference = ({ objective }: Pick<PreferenceConfig, 'objective'>): boolean =>
  objective !== 'simpo' && objective !== 'orpo';
