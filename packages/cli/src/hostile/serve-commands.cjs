'use strict';
/**
 * For tests: runs commands of the built program one after the other in one process. Takes `{argv}` by IPC, answers
 * `{code, stdout, stderr, peak}`; `peak` is the largest memory of the process so far in bytes.
 */
const { main } = require('../../dist/index.cjs');

process.on('message', async ({ argv }) => {
  const said = { stdout: '', stderr: '' };
  const keep = (stream) => (text) => {
    said[stream] += text;
    return true;
  };
  const { log, error, warn } = console;
  const writes = [process.stdout.write, process.stderr.write];
  console.log = (text) => keep('stdout')(`${text}\n`);
  console.error = console.warn = (text) => keep('stderr')(`${text}\n`);
  process.stdout.write = keep('stdout');
  process.stderr.write = keep('stderr');
  let code;
  try {
    code = await main(argv);
  } catch (thrown) {
    code = `threw ${thrown}`;
  } finally {
    Object.assign(console, { log, error, warn });
    [process.stdout.write, process.stderr.write] = writes;
  }
  process.send({ code, ...said, peak: process.resourceUsage().maxRSS * 1024 });
});
