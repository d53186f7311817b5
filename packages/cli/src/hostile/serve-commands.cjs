'use strict';
/**
 * For tests: runs commands of the built program one after the other in one process. Takes a list of arguments, or
 * `{picture}`, by IPC; answers
 * `{code, stdout, stderr, peak}`; `peak` is the largest memory of the process so far in bytes.
 */
const { main } = require('../../dist/index.cjs');
const { readImage } = require('../../../data/dist/node.cjs');

/** Exit code as of a command that reads one picture. */
async function read(picture) {
  try {
    await readImage(picture);
    return 0;
  } catch (error) {
    console.error(`raca: ${error.message}`);
    return 1;
  }
}

process.on('message', async (task) => {
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
    code = await (Array.isArray(task) ? main(task) : read(task.picture));
  } catch (thrown) {
    code = `threw ${thrown}`;
  } finally {
    Object.assign(console, { log, error, warn });
    [process.stdout.write, process.stderr.write] = writes;
  }
  process.send({ code, ...said, peak: process.resourceUsage().maxRSS * 1024 });
});
