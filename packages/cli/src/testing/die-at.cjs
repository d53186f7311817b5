'use strict';
/**
 * For tests: loaded before the command (`node --require`), ends the process by SIGKILL at one moment of writing a
 * file. `RACA_DIE_AT`: `{file, nth, moment}`; the n-th time that `file` is written in this process; `write`: half of
 * the bytes are in the temporary file, `sync`: all are, `rename`: they are on the disk, `renamed`: under their name.
 */
const fs = require('node:fs');
const path = require('node:path');
const { syncBuiltinESMExports } = require('node:module');

const { file, nth, moment } = JSON.parse(process.env.RACA_DIE_AT);
const { openSync, writeSync, fsyncSync, renameSync } = fs;
let seen = 0;
let handle = null;

const die = () => process.kill(process.pid, 'SIGKILL');
const due = (now) => seen === nth && moment === now;

fs.openSync = (name, ...rest) => {
  const opened = openSync(name, ...rest);
  if (path.basename(String(name)).startsWith(`.${file}.`)) {
    seen++;
    handle = opened;
  }
  return opened;
};
fs.writeSync = (to, bytes, ...rest) => {
  if (to === handle && due('write')) {
    writeSync(to, bytes, 0, Math.floor(bytes.length / 2));
    die();
  }
  return writeSync(to, bytes, ...rest);
};
fs.fsyncSync = (of) => {
  if (of === handle && due('sync')) die();
  return fsyncSync(of);
};
fs.renameSync = (from, to) => {
  const ours = path.basename(to) === file;
  if (ours && due('rename')) die();
  renameSync(from, to);
  if (ours && due('renamed')) die();
  if (ours) handle = null;
};
syncBuiltinESMExports();
