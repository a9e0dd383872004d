/** A process for proxies. See `proxy-main.ts`. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { SettingsChanges } from './proxy.js';
import type { Ask, Facts } from './proxy-main.js';

export interface ProxyProcess {
  /** The port of a new proxy for this upstream. */
  readonly start: (url: string, changes?: SettingsChanges) => Promise<number>;
  /** The same of http-proxy as it comes, for comparison. */
  readonly startStock: (url: string) => Promise<number>;
  readonly count: () => Promise<Facts>;
  readonly close: () => Promise<void>;
}

export const proxyProcess = (env: Readonly<Record<string, string>> = {}): ProxyProcess => {
  const child: ChildProcess = fork(new URL('proxy-main.js', import.meta.url), {
    env: { ...process.env, ...env },
    // What c8 is told would be told to the child too, and slow down what is measured.
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const emit = async (ask: Ask): Promise<Facts> => {
    child.send(ask);
    const [facts] = (await once(child, 'message')) as [Facts];
    return facts;
  };
  return {
    start: async (url, changes = {}) => (await emit({ do: 'start', url, changes })).port,
    startStock: async (url) => (await emit({ do: 'start stock', url, changes: {} })).port,
    count: () => emit({ do: 'count', url: '', changes: {} }),
    close: async () => {
      child.kill();
      await once(child, 'exit');
    },
  };
};
