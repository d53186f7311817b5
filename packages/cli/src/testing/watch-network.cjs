'use strict';
/**
 * For tests: loaded before a program (`node --require`), writes where it would connect to or what it would look up outside this
 * machine into the file `RACA_CONNECTIONS`, one a line, and lets none of it happen. Loopback and socket files pass.
 */
const { appendFileSync } = require('node:fs');
const dns = require('node:dns');
const { syncBuiltinESMExports } = require('node:module');
const net = require('node:net');

const HERE = /^(?:localhost|127\.[\d.]+|::1)$/;
const note = (what) => appendFileSync(process.env.RACA_CONNECTIONS, `${what}\n`);

const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...args) {
  const first = Array.isArray(args[0]) ? args[0][0] : args[0]; // net.connect passes a list on
  const named = typeof first === 'object' && first !== null;
  const host = named ? first.host : args[1];
  if ((named && first.path) || typeof host !== 'string' || HERE.test(host)) return connect.apply(this, args);
  note(`connect ${host}`);
  process.nextTick(() => this.destroy(new Error('no network in this test')));
  return this;
};

for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6']) {
  const original = dns[name];
  dns[name] = (host, ...rest) => {
    if (HERE.test(host)) return original(host, ...rest);
    note(`look up ${host}`);
    rest.at(-1)(new Error('no network in this test'));
  };
}
const { fetch } = globalThis;
globalThis.fetch = (input, ...rest) => {
  const { hostname } = new URL(typeof input === 'string' ? input : (input.url ?? input.href));
  if (HERE.test(hostname.replace(/^\[|\]$/g, ''))) return fetch(input, ...rest);
  note(`fetch ${hostname}`);
  return Promise.reject(new Error('no network in this test'));
};
syncBuiltinESMExports();
