/** A whole proxy with stages, in front of a demo upstream that fails as it is told. */
import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as anthropic from '../bodies/anthropic.js';
import { wholeOf } from '../bodies/forms.js';
import { parse } from '../bodies/json.js';
import * as openai from '../bodies/openai.js';
import { looksLikeStream } from '../bodies/reading.js';
import { decode } from '../config/load.js';
import { render } from '../config/report.js';
import type { Attempt } from '../core/attempt.js';
import type { Event, Story, Tell } from '../core/event.js';
import type { Dialect } from '../core/exchange.js';
import type { GoodName, ReplyFaultName } from '../demo/catalogue.js';
import { startDemo } from '../demo/server.js';
import { house } from '../house.js';
import { pipeline, type Rooms, rooms } from '../pipeline.js';
import { type Sat, seat } from './seat.js';

export interface ProxyOptions {
  readonly stages?: readonly Sat<never>[];
  /** Sections of a config, in YAML; waits are a few milliseconds if nothing is said. */
  readonly config?: string;
  /** Rooms in place of the proxy's own. */
  readonly rooms?: Partial<Rooms>;
}

export interface Asking {
  /** What the upstream plays, try after try, before it answers well. */
  readonly faults?: readonly (ReplyFaultName | GoodName)[];
  /** What it then says; its own words if nothing is said. */
  readonly says?: string;
  readonly stream?: boolean;
  /** OpenAI's, if nothing is said. */
  readonly dialect?: Dialect;
  /** More fields of the body. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** As it came. */
  readonly body: string;
  /** The text of the first choice, whether it was streamed or not; `''` where there is none. */
  readonly text: string;
  readonly attempts: readonly Attempt[];
  /** What the upstream saw of each, as text. */
  readonly sent: readonly string[];
}

export interface TestProxy {
  /** For any client; with `/v1`. */
  readonly url: string;
  readonly ask: (asking?: Asking) => Promise<Answer>;
  /** All that the proxy told, in order. */
  readonly events: readonly Event[];
  readonly close: () => Promise<void>;
}

const QUICK = 'error_handling: { base_delay: 1ms, max_delay: 10ms }\n';

const PATHS: Readonly<Record<Dialect, string>> = { openai: '/chat/completions', anthropic: '/messages' };
const VIEWS = { openai, anthropic } as const;

const textIn = (dialect: Dialect, body: string): string => {
  const bytes = Buffer.from(body);
  const value = parse(looksLikeStream(bytes) ? wholeOf(dialect, bytes) : bytes);
  const view = E.isRight(value) ? VIEWS[dialect].replyView(value.right) : O.none;
  return O.isSome(view) ? (view.value.texts[0]?.text ?? '') : '';
};

const settingsIn = (config: string, url: string) => {
  const decoded = decode(config, { file: 'config', env: {}, readSecret: () => E.left('ENOENT') });
  if (E.isLeft(decoded)) throw new Error(render(decoded.left));
  const { server, target, ...settings } = decoded.right;
  return { ...settings, server: { ...server, host: '127.0.0.1', port: 0 }, target: { ...target, url } };
};

/** Throws an Error where the options or the config are wrong. */
export const startProxy = async ({
  stages = [],
  config = QUICK,
  rooms: own,
}: ProxyOptions = {}): Promise<TestProxy> => {
  const seated = stages.map(seat);
  const settings = settingsIn(config, '');
  const demo = await startDemo({ chunkDelayMs: 0 });
  const events: Event[] = [];
  const stories = new Map<string, Promise<Story>>();
  const bell = new EventEmitter();
  const tell: Tell = (event) => {
    events.push(event);
    if (event._tag === 'RequestStarted')
      stories.set(
        event.id,
        once(bell, event.id).then(([story]) => story),
      );
    if (event._tag === 'RequestFinished') bell.emit(event.story.id, event.story);
  };
  const proxy = house(
    { settings: { ...settings, target: { ...settings.target, url: demo.url } }, stages: seated },
    { version: '0', folder: O.none, tell, build: pipeline({ ...rooms, ...own }) },
  );
  // Any free port of this machine: there is one.
  const { port } = E.toUnion(await proxy.listen()) as AddressInfo;
  const url = `http://127.0.0.1:${port}/v1`;
  let count = 0;

  const ask = async (asking: Asking = {}): Promise<Answer> => {
    const { faults = [], says, stream = false, dialect = 'openai', body, headers } = asking;
    count += 1;
    const id = `ask-${count}`;
    const played = [...faults, ...(says === undefined ? [] : ['good-echo'])].join('+') || 'good-plain';
    const response = await fetch(`${url}${PATHS[dialect]}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close', ...headers },
      body: JSON.stringify({
        model: `demo:${played}:1:${id}`,
        messages: [{ role: 'user', content: says ?? 'Hello' }],
        max_tokens: 1000,
        stream,
        ...body,
      }),
    });
    const text = await response.text();
    // It is told once the client has it all, which may be a moment later.
    const { attempts } = await (stories.get(String(response.headers.get('x-request-id'))) as Promise<Story>);
    const sent = demo.attempts(id).map((attempt) => attempt.body.toString());
    return {
      status: response.status,
      headers: response.headers,
      body: text,
      text: textIn(dialect, text),
      attempts,
      sent,
    };
  };
  return {
    url,
    ask,
    events,
    close: async () => {
      await proxy.close(0);
      await demo.close();
    },
  };
};
