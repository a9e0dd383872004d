/** What start-up tells: where to point the client, and what is tried again. */
import * as O from 'fp-ts/lib/Option.js';
import { DEMO } from '../config/http-url.js';
import type { Loaded } from '../config/load.js';
import type { Event, InForce } from '../core/event.js';
import type { ServerSettings } from '../core/settings.js';
import { effectiveRetryCodes } from '../core/verdict.js';
import { exposure } from './exposure.js';

const authority = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** An address that a client on this machine can connect to: the wildcard is none. */
const reachable = (host: string): string => (host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host);

const curl = (base: string): string =>
  `curl ${base}/chat/completions -H 'content-type: application/json' ` +
  `-d '{"model":"seaking-demo","messages":[{"role":"user","content":"Hello"}]}'`;

const baseUrl = (host: string, port: number): string => `http://${authority(reachable(host), port)}/v1`;

export interface Start {
  /** The one that was given by the system, where 0 was asked for. */
  readonly port: number;
  /** What a signal goes to: npm and npx, from which it may have been started, do not hand all of them on. */
  readonly pid: number;
}

/** Which upstream and which file: a config refuses URLs with a user name or a password. */
export const inForce = ({ settings, file, isDemo }: Loaded): InForce => ({
  upstream: isDemo === true ? DEMO : new URL(settings.target.url).host,
  config: O.fromNullable(file),
});

/** The same, for machines. */
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
    `Retries: at most ${retry.maxRetries}, where the upstream fails or answers ${effectiveRetryCodes(retry).join(' ')}`,
    `Config: ${O.getOrElse(() => 'none, as --target is given')(config)}`,
    `Upstream: ${upstream}`,
    ...(isDemo ? ['Try it:', `  ${curl(base)}`] : []),
  ];
  return `${lines.join('\n')}\n`;
};

const REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'another program listens there, perhaps another seaking-proxy. End it, or choose another port with --port.',
  EACCES: 'it takes more rights. Choose a port above 1023 with --port.',
};

/** `code` is the system's reason why not (`EADDRINUSE`). */
export const cannotListen = ({ host, port }: Pick<ServerSettings, 'host' | 'port'>, code: string): string => {
  const remedy = REMEDIES[code] ?? `${code}. Choose an address of this machine with --host.`;
  return `seaking-proxy: cannot listen on ${authority(host, port)}: ${remedy}\n`;
};
