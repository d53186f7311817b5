// How often each metric ranks two reports as it is known they rank.
// node main.mjs [cases, 100]
import { metricRegistry } from '@raca/metrics';
import { agreement } from './agreement.mjs';
import { ORDERS, orderedCases } from './cases.mjs';

const count = Number(process.argv[2] ?? 100);
if (!Number.isInteger(count) || count < 1) {
  console.error(`main.mjs: expected a number of cases, at least 1, found ${process.argv[2]}`);
  process.exit(2);
}
const cases = orderedCases(count);
console.log(`${count} made-up studies, ${ORDERS.length} orders each: a test bed; not for clinical use`);
ORDERS.forEach(([better, worse, what], i) => {
  console.log(`${i + 1}. ${what} (${better} > ${worse})`);
});
const rows = Object.values(metricRegistry()).flatMap((make) => agreement(make(), cases));
const line = (cells) => `| ${cells.join(' | ')} |`;
const head = ['score', 'agrees', 'ties', 'of', ...ORDERS.map((_, i) => `${i + 1}`)];
console.log(line(head));
console.log(line(head.map((_, i) => (i === 0 ? '---' : '---:'))));
for (const { key, agrees, ties, of, orders } of rows.sort((a, b) => b.agrees - a.agrees)) {
  const each = orders.map((order) =>
    order.ties > 0 ? `${order.agrees} + ${order.ties}` : `${order.agrees}`,
  );
  console.log(line([`\`${key}\``, agrees, ties, of, ...each]));
}
