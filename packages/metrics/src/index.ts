export * from './bleu';
export { cider } from './cider';
export { distinctTexts, lengthRatio } from './facts';
export { checkPairs, pairById, pairReports } from './pairs';
export { longestCommonSubsequence, rougeL, rougeLOf } from './rouge';
export { splitTokens } from './tokens';
export type * from './types';
