/** The app in this process, with changed settings and its events at hand, and what stands around it in a spec. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { app } from '../../lib/app.js';
import type { Event } from '../../lib/core/event.js';
import type { Target } from '../../lib/core/exchange.js';
import type { RetrySettings, ServerSettings, StreamingSettings } from '../../lib/core/settings.js';
import { now } from '../../lib/edge/clock.js';
import { type Listening, listen } from './listen.js';
import { type Peer, type RawServer, rawClient, rawServer } from './raw.js';
import { settings } from './values.js';

export interface SettingsChanges {
  readonly server?: Partial<ServerSettings>;
  readonly target?: Partial<Target>;
  readonly retry?: Partial<RetrySettings>;
  readonly streaming?: Partial<StreamingSettings>;
}

export interface RunningApp {
  readonly port: number;
  /** All that it emitted, in order. */
  readonly events: readonly Event[];
  readonly inFlight: () => number;
  readonly close: (limitMs?: number) => Promise<void>;
}

export const startApp = async (upstreamUrl: string, changes: SettingsChanges = {}): Promise<RunningApp> => {
  const plain = settings(upstreamUrl);
  const chosen = {
    ...plain,
    server: { ...plain.server, ...changes.server },
    target: { ...plain.target, ...changes.target },
    retry: { ...plain.retry, ...changes.retry },
    streaming: { ...plain.streaming, ...changes.streaming },
  };
  const events: Event[] = [];
  const proxy = app(
    { settings: chosen, stages: [] },
    { version: '0', folder: O.none, emit: (event) => events.push(event) },
  );
  const listening = await proxy.listen();
  if (E.isLeft(listening)) throw new Error(listening.left);
  return {
    port: listening.right.port,
    events,
    inFlight: proxy.inFlight,
    close: async (limitMs = 0) => proxy.close(limitMs),
  };
};

/** A whole request, as an upstream saw it. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Upstream extends Listening {
  readonly seen: readonly Seen[];
}

/** A well-behaved upstream. */
export const startUpstream = async (answer: (seen: Seen, response: ServerResponse) => void): Promise<Upstream> => {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const { method = '', url = '', headers } = request;
    const one = { method, url, headers, body: Buffer.concat(pieces) };
    seen.push(one);
    answer(one, response);
  });
  return { ...(await listen(server)), seen };
};

export interface Stand {
  readonly proxy: (upstreamUrl: string, changes?: SettingsChanges) => Promise<RunningApp>;
  readonly upstream: (answer: (seen: Seen, response: ServerResponse) => void) => Promise<Upstream>;
  readonly rawUpstream: (onConnection: (peer: Peer, index: number) => unknown) => Promise<RawServer>;
  readonly client: (port: number) => Promise<Peer>;
}

/** Makes what a spec needs, and takes it down behind each. */
export const stand = (): Stand => {
  const takeDown: (() => unknown)[] = [];
  afterEach(async () => {
    for (const down of takeDown.splice(0).reverse()) await down();
  });
  const kept = async <A>(pending: Promise<A>, down: (made: A) => unknown): Promise<A> => {
    const made = await pending;
    takeDown.push(() => down(made));
    return made;
  };
  return {
    proxy: (url, changes) => kept(startApp(url, changes), (made) => made.close()),
    upstream: (answer) => kept(startUpstream(answer), (made) => made.close()),
    rawUpstream: (onConnection) => kept(rawServer(onConnection), (made) => made.close()),
    client: (port) => kept(rawClient(port), (made) => made.socket.destroy()),
  };
};

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves once it holds; rejects where it does not within the limit, which is long: a machine may be busy. */
export const eventually = async (holds: () => boolean | Promise<boolean>, limitMs = 8000): Promise<void> => {
  for (const startedAt = now(); !(await holds()); await pause(2)) {
    if (now() - startedAt > limitMs) throw new Error(`not within ${limitMs} ms: ${holds}`);
  }
};

/** At once, on a machine that may be busy: less than any time limit that could have ended it instead. */
export const SOON_MS = 1000;

/** How long something takes where nothing else on the machine is in its way. */
export const fastestMs = async (run: () => Promise<unknown>): Promise<number> => {
  let fastest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 12; i++) {
    const startedAt = now();
    await run();
    fastest = Math.min(fastest, now() - startedAt);
  }
  return fastest;
};
