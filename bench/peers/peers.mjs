/** Other proxies in front of the demo upstream, each set to retry as well as it can. */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { file, scratch, scratchFile, start } from '../gauntlet/processes.mjs';
import { litellm } from './litellm.mjs';
import { freePort, HOST, started } from './ports.mjs';

/** The first version number in what a command says of itself; undefined where there is no such command. */
const versionOf = (command, args) => {
  try {
    const said = execFileSync('sh', ['-c', `${command} ${args} 2>&1`], { encoding: 'utf8' });
    return /\d+\.\d+\.\d+/.exec(said)?.[0];
  } catch {
    return undefined;
  }
};

// The same upstream four times: nginx tries another server, never the same one again.
const nginxConfig = (port, upstream) => `daemon off;
master_process off;
pid ${scratch}/nginx.pid;
error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off;
  client_max_body_size 100m;
  client_body_temp_path ${scratch}/nginx-body;
  proxy_temp_path ${scratch}/nginx-proxy;
  fastcgi_temp_path ${scratch}/nginx-fastcgi;
  uwsgi_temp_path ${scratch}/nginx-uwsgi;
  scgi_temp_path ${scratch}/nginx-scgi;
  upstream api {
${`    server ${upstream} max_fails=0;\n`.repeat(4)}    keepalive 16;
  }
  server {
    listen ${HOST}:${port};
    location / {
      proxy_pass http://api;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_connect_timeout 2s;
      proxy_send_timeout 2s;
      proxy_read_timeout 2s;
      proxy_next_upstream error timeout invalid_header http_500 http_502 http_503 http_504 http_429 non_idempotent;
      proxy_next_upstream_tries 4;
    }
  }
}
`;

const haproxyConfig = (port, upstream) => `global
  maxconn 2000
defaults
  mode http
  option http-buffer-request
  retries 3
  retry-on all-retryable-errors
  timeout connect 2s
  timeout client 60s
  timeout server 2s
frontend clients
  bind ${HOST}:${port}
  default_backend api
backend api
  server upstream ${upstream}
`;

/**
 * What a proxy is, and how it is had.
 *
 * @typedef {object} Peer
 * @property {string} name
 * @property {string} how
 * @property {string} [version] undefined: it is not installed, and may be had by `install`
 * @property {() => { version: string } | { why: string }} [install]
 * @property {(kase: import('../gauntlet/cases.mjs').Case) => boolean} [plays] whether it can play a case at all; else all
 * @property {(url: string) => Promise<{ url: string, anthropicUrl?: string, end: () => Promise<void> }>} start
 */

/** @type {readonly Peer[]} */
export const PEERS = [
  {
    name: 'http-proxy',
    how: 'bare, with a time-out of 2 s',
    version: createRequire(import.meta.url)('http-proxy/package.json').version,
    start: async (url) => {
      const port = await freePort();
      return started(start(process.execPath, [file('bench/peers/bare-http-proxy.mjs'), String(port), url]), port);
    },
  },
  {
    name: 'nginx',
    how: 'proxy_next_upstream with all that it can retry, 4 tries, time-outs of 2 s',
    version: versionOf('nginx', '-v'),
    start: async (url) => {
      const port = await freePort();
      const config = scratchFile('nginx.conf', nginxConfig(port, new URL(url).host));
      return started(start('nginx', ['-c', config, '-e', 'stderr']), port);
    },
  },
  {
    name: 'HAProxy',
    how: 'retry-on all-retryable-errors, 3 retries, time-outs of 2 s',
    version: versionOf('haproxy', '-v'),
    start: async (url) => {
      const port = await freePort();
      const config = scratchFile('haproxy.cfg', haproxyConfig(port, new URL(url).host));
      return started(start('haproxy', ['-db', '-q', '-f', config]), port);
    },
  },
  litellm,
];
