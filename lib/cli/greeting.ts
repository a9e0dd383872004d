/** The greeting at start-up: the URL for the client, and what is tried again. */
import * as O from 'fp-ts/lib/Option.js';
import { DEMO } from '../config/http-url.js';
import type { Loaded } from '../config/load.js';
import type { Event, InForce } from '../core/event.js';
import type { ServerSettings } from '../core/settings.js';
import { effectiveRetryCodes } from '../core/verdict.js';
import { exposure } from './exposure.js';

const authority = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** The address that a client on this machine connects to, which is never the wildcard. */
const reachable = (host: string): string => (host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host);

const curl = (base: string): string =>
  `curl ${base}/chat/completions -H 'content-type: application/json' ` +
  `-d '{"model":"seaking-demo","messages":[{"role":"user","content":"Hello"}]}'`;

const baseUrl = (host: string, port: number): string => `http://${authority(reachable(host), port)}/v1`;

export interface Start {
  /** The port; if 0 was asked for, the one that the system gave. */
  readonly port: number;
  /** The process that signals go to: npm and npx, which may have started it, do not pass all of them on. */
  readonly pid: number;
}

/** The upstream and the file in force. No secret can be among them: a config refuses URLs with a password. */
export const inForce = ({ settings, file, isDemo }: Loaded): InForce => ({
  upstream: isDemo === true ? DEMO : new URL(settings.target.url).host,
  config: O.fromNullable(file),
});

/** The facts of the greeting, as an event. */
export const started = (loaded: Loaded, { port, pid }: Start, version: string): Event => {
  const { server, retry } = loaded.settings;
  return {
    _tag: 'Started',
    version,
    pid,
    address: authority(server.host, port),
    url: baseUrl(server.host, port),
    maxRetries: retry.maxRetries,
    retryCodes: effectiveRetryCodes(retry),
    isDemo: loaded.isDemo === true,
    warnings: exposure(loaded.settings),
    ...inForce(loaded),
  };
};

/** The greeting, for people. */
export const greeting = (loaded: Loaded, { port, pid }: Start): string => {
  const { server, retry } = loaded.settings;
  const { upstream, config } = inForce(loaded);
  const isDemo = loaded.isDemo === true;
  const base = baseUrl(server.host, port);
  const lines = [
    `seaking-proxy listens on ${authority(server.host, port)} (pid ${pid})`,
    ...exposure(loaded.settings),
    ...(isDemo ? ['DEMO: the upstream is built in, answers with canned text, and fails on purpose.'] : []),
    `In SillyTavern: API "Chat Completion", source "Custom (OpenAI-compatible)", URL ${base}`,
    `Retries: at most ${retry.maxRetries}, if the upstream fails or answers ${effectiveRetryCodes(retry).join(' ')}`,
    `Config: ${O.getOrElse(() => 'none, because --target is given')(config)}`,
    `Upstream: ${upstream}`,
    ...(isDemo ? ['Try it:', `  ${curl(base)}`] : []),
  ];
  return `${lines.join('\n')}\n`;
};

const REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'another program listens there, perhaps another seaking-proxy. End it, or choose another port with --port.',
  EACCES: 'the system does not permit it. Choose a port above 1023 with --port.',
};

/** The message that the proxy cannot listen. `code`: the system's reason (`EADDRINUSE`). */
export const cannotListen = ({ host, port }: Pick<ServerSettings, 'host' | 'port'>, code: string): string => {
  const remedy = REMEDIES[code] ?? `${code}. Choose an address of this machine with --host.`;
  return `seaking-proxy: cannot listen on ${authority(host, port)}: ${remedy}\n`;
};
