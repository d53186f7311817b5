export function auc(judged: readonly { readonly truth: number; readonly probability: number }[]): number;
