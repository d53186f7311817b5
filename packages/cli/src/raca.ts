#!/usr/bin/env node
import { main } from './main';
import { guardStreams } from './output';

guardStreams();
main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
