/** A whole proxy with stages, in front of a demo upstream that fails as a test wants. */
import type { AddressInfo } from 'node:net';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { app, type Build } from '../app.js';
import { decode } from '../config/load.js';
import { render } from '../config/report.js';
import type { Attempt } from '../core/attempt.js';
import type { Emit, Event, RequestSummary } from '../core/event.js';
import { bytes, type Head } from '../core/exchange.js';
import { set, value } from '../core/headers.js';
import type { GoodName, ReplyFaultName } from '../demo/catalogue.js';
import { WELL, wishInModel } from '../demo/model-name.js';
import { startDemo } from '../demo/server.js';
import { type DialectName, dialects } from '../dialects/index.js';
import { textOfReply } from '../dialects/reply-text.js';
import { type Edge, pipeline } from '../pipeline.js';
import { installAll, type TestStage } from './install.js';

/** The parts of the proxy. */
export interface ProxyOptions {
  /** In their order, as `stages` of a config would name them. */
  readonly stages?: readonly TestStage[];
  /**
   * Sections of a config, in YAML, without `stages`. The upstream is the demo, and the port any free one, whatever they say.
   * If nothing is said, waits are a few milliseconds.
   */
  readonly config?: string;
}

/** A question, and what the upstream does. */
export interface Asking {
  /**
   * What the upstream plays, try after try, before it answers well; names of `seaking-proxy demo --list`. A model in `body`
   * that asks the demo for something else (`demo:http-503:always`) wins over this.
   */
  readonly faults?: readonly (ReplyFaultName | GoodName)[];
  /**
   * What it then answers, at this try and at each that follows, whatever the messages are; its own words if nothing is
   * said. To have it said once: `good-echo` among the `faults`, which says what the last message of the user says.
   */
  readonly says?: string;
  /** True to ask for a stream; false, if nothing is said. */
  readonly stream?: boolean;
  /** OpenAI's, if nothing is said. */
  readonly dialect?: DialectName;
  /** More fields of the body, or others. */
  readonly body?: Readonly<Record<string, unknown>>;
  /** More header fields. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The outcome of a question. */
export interface Answer {
  readonly status: number;
  /** Those of `fetch`. */
  readonly headers: Headers;
  /** The body as it came. */
  readonly body: string;
  /** The text of the first choice, whether it was streamed or not; `''` where there is none. */
  readonly text: string;
  /** The tries, as the log has them. */
  readonly attempts: readonly Attempt[];
  /** The body of each, as the upstream saw it. */
  readonly sent: readonly string[];
}

/** A proxy that serves. */
export interface TestProxy {
  /** For any client; with `/v1`. */
  readonly url: string;
  /** Asks for a chat. Rejects as `fetch` does, where the connection breaks. */
  readonly ask: (asking?: Asking) => Promise<Answer>;
  /** All events of the proxy, in order. */
  readonly events: readonly Event[];
  /** Ends it and its upstream. Without it the process does not end. */
  readonly close: () => Promise<void>;
}

const QUICK = 'error_handling: { base_delay: 1ms, max_delay: 10ms }\n';

const settingsIn = (config: string, url: string) => {
  const decoded = decode(config, {
    file: 'config',
    env: {},
    readSecret: (path) => E.left({ path, why: 'is not there' }),
  });
  if (E.isLeft(decoded)) throw new Error(render(decoded.left));
  const { server, target, ...settings } = decoded.right;
  if (settings.stages.length > 0) throw new Error('stages are not read from a config here: give them as stages');
  return { ...settings, server: { ...server, host: '127.0.0.1', port: 0 }, target: { ...target, url } };
};

/** One call of `ask`, until its last event. */
interface Asked {
  /** The requests that the upstream got for it. */
  readonly fields: Readonly<Record<string, string>>;
  readonly says: string | undefined;
  readonly finish: (summary: RequestSummary) => void;
}

/** The demo's header field for what it is to play; none if all is well, or the model's name says it. */
const scriptOf = ({ faults = [], says, body }: Asking, id: string): Readonly<Record<string, string>> => {
  const played = [...faults, ...(says === undefined ? [] : [WELL])];
  const isTold = wishInModel(String(body?.model)) !== undefined;
  return isTold || played.length === 0 ? {} : { 'x-demo-fault': `${played.join('+')}:1:${id}` };
};

/** The header field that says which call a request belongs to. */
const ASKED = 'x-seaking-asked';

/**
 * Ties requests to the calls that they belong to, on the outside and the inside of all stages: whatever these
 * change, the upstream plays what the test says, and its tries are known.
 */
const tie = (calls: ReadonlyMap<string, Asked>) => {
  /** The calls by the request's id. */
  const known = new Map<string, Asked>();
  const meet = <H extends Head>(id: string, head: H): H => {
    const call = calls.get(value(head.headers, ASKED));
    if (call !== undefined) known.set(id, call);
    return { ...head, headers: set(head.headers, { [ASKED]: false }) };
  };
  const marked =
    (send: Edge['send']): Edge['send'] =>
    (attempt) => {
      const call = known.get(attempt.id);
      if (call === undefined) return send(attempt);
      const { outgoing } = attempt;
      return send({ ...attempt, outgoing: { ...outgoing, headers: set(outgoing.headers, call.fields) } });
    };
  const build: Build = (settings, edge, stages) => {
    const { handle, refuse, ...more } = pipeline(settings, { ...edge, send: marked(edge.send) }, stages);
    return {
      ...more,
      handle: (received) => handle({ ...received, request: meet(received.id, received.request) }),
      refuse: (id, head, failure) => refuse(id, meet(id, head), failure),
    };
  };
  const emit: Emit = (event) => {
    if (event._tag === 'RequestFinished') known.get(event.summary.id)?.finish(event.summary);
  };
  return { build, emit };
};

/** A proxy. Throws an Error if the stages or the config are wrong, with the words of a config's report. */
export const startProxy = async ({ stages = [], config = QUICK }: ProxyOptions = {}): Promise<TestProxy> => {
  const events: Event[] = [];
  const installed = installAll(stages, (event) => events.push(event));
  const settings = settingsIn(config, '');
  const calls = new Map<string, Asked>();
  const tied = tie(calls);
  const demo = await startDemo({
    chunkDelayMs: 0,
    says: ({ headers }) => calls.get(String(headers['x-demo-id']))?.says,
  });
  const emit: Emit = (event) => {
    events.push(event);
    tied.emit(event);
  };
  const proxy = app(
    { settings: { ...settings, target: { ...settings.target, url: demo.url } }, stages: installed },
    { version: '0', folder: O.none, emit, build: tied.build },
  );
  // Any free port of this machine: there is one.
  const { port } = E.toUnion(await proxy.listen()) as AddressInfo;
  const url = `http://127.0.0.1:${port}/v1`;

  const ask = async (asking: Asking = {}): Promise<Answer> => {
    const { says, stream = false, body, headers } = asking;
    const dialect = dialects[asking.dialect ?? 'openai'];
    const id = `ask-${calls.size + 1}`;
    const finished = new Promise<RequestSummary>((finish) => {
      calls.set(id, { fields: { 'x-demo-id': id, ...scriptOf(asking, id) }, says, finish });
    });
    const response = await fetch(`${url}${dialect.chatPath}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close', ...headers, [ASKED]: id },
      body: JSON.stringify({
        model: 'a-model',
        messages: [{ role: 'user', content: 'Hello' }],
        max_tokens: 1000,
        stream,
        ...body,
      }),
    });
    const text = await response.text();
    // The event comes once the client has it all, which may be a moment later.
    const { attempts } = await finished;
    return {
      status: response.status,
      headers: response.headers,
      body: text,
      text: textOfReply(dialect, bytes(Buffer.from(text))),
      attempts,
      sent: demo.attempts(id).map((attempt) => attempt.body.toString()),
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
