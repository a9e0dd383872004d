/** Proxies in a process of their own, so that what they hold can be counted and nothing else is. */
import { readdirSync } from 'node:fs';
import { Agent, createServer } from 'node:http';
import httpProxy from 'http-proxy';
import { listen } from './listen.js';
import { type SettingsChanges, startApp } from './proxy.js';

export interface Ask {
  readonly do: 'start' | 'start stock' | 'count';
  readonly url: string;
  readonly changes: SettingsChanges;
}

export interface Facts {
  readonly port: number;
  readonly sockets: number;
  readonly timers: number;
  /** Open files; 0 where the system does not tell. */
  readonly fds: number;
  readonly rssBytes: number;
  readonly inFlight: number;
}

let inFlight = () => 0;

/** http-proxy as its README shows it. */
const startStock = async (target: string): Promise<number> => {
  const proxy = httpProxy.createProxyServer({ target, agent: new Agent({ keepAlive: true }) });
  proxy.on('error', () => {});
  const server = createServer((request, response) => proxy.web(request, response));
  return (await listen(server)).port;
};

const start = async (url: string, changes: SettingsChanges): Promise<number> => {
  const proxy = await startApp(url, changes);
  inFlight = proxy.inFlight;
  return proxy.port;
};

const fds = (): number => {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
};

process.on('message', async (ask: Ask) => {
  const port =
    ask.do === 'start' ? await start(ask.url, ask.changes) : ask.do === 'count' ? 0 : await startStock(ask.url);
  const resources = process.getActiveResourcesInfo();
  const count = (name: string) => resources.filter((one) => one === name).length;
  const facts: Facts = {
    port,
    sockets: count('TCPSocketWrap') + count('TLSWrap'),
    timers: count('Timeout'),
    fds: fds(),
    rssBytes: process.memoryUsage.rss(),
    inFlight: inFlight(),
  };
  process.send?.(facts);
});
process.on('disconnect', () => process.exit());
