// The command `npm run --silent parity -- DIR`: nothing but JSON lines on stdout.
import { parity } from './parity.mjs';

console.log = console.error;
console.info = console.error;

process.exitCode = await parity(process.argv.slice(2), {
  cwd: process.env.INIT_CWD ?? process.cwd(),
  line: (text) => process.stdout.write(`${text}\n`),
  complain: (text) => process.stderr.write(`parity: ${text}\n`),
});
