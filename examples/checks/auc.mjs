/** Share of pairs of a true and a false claim in which the true one is rated higher; ties count half. NaN without both. */
export function auc(judged) {
  const sorted = [...judged].sort((a, b) => a.probability - b.probability);
  let [below, sum, positives] = [0, 0, 0];
  for (let i = 0; i < sorted.length; ) {
    let j = i;
    while (j < sorted.length && sorted[j].probability === sorted[i].probability) j++;
    const tied = sorted.slice(i, j);
    const right = tied.filter(({ truth }) => truth === 1).length;
    const wrong = tied.length - right;
    sum += right * (below + wrong / 2);
    below += wrong;
    positives += right;
    i = j;
  }
  return sum / (positives * below);
}
