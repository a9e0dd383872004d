/** What a request is at each step of its life. Each type has what the one before had, and what was learned since. */
import type * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type * as TE from 'fp-ts/lib/TaskEither.js';
import type { Attempt } from './attempt.js';
import type { Failure, Unwanted } from './failure.js';
import type { Headers } from './headers.js';
import type { Reading } from './reading.js';
import type { Schedule } from './schedule.js';

/** Stands for bytes that only the edge can read. A ticket can be moved; whoever takes it redeems or discards it. */
export interface Ticket {
  readonly _tag: 'Ticket';
}

export interface Bytes {
  readonly _tag: 'Bytes';
  readonly bytes: Buffer;
}

export interface Held {
  readonly _tag: 'Held';
  readonly ticket: Ticket;
  /** What was read of it already; it goes first. */
  readonly peek: Buffer;
  /** The whole length in bytes, where it is known. */
  readonly length: O.Option<number>;
  /** What to write when the rest never comes, so that the client sees an end that says so; none: only a reset can. */
  readonly lastWords: O.Option<(failure: Failure) => Buffer>;
  /** How a stream may go on, should it break off; none: it may not. */
  readonly resume: O.Option<Resume>;
  /** What stages make of it on its way to the client; none: byte for byte. */
  readonly rewrite: O.Option<() => Rewriter>;
}

/** Changes a stream of events piece by piece. A failure ends it. */
export interface Rewriter {
  /** What goes to the client in place of these bytes, maybe nothing yet. */
  readonly push: (bytes: Buffer) => E.Either<Failure, Buffer>;
  /** What was held back. Called once, where the stream ends or breaks. */
  readonly end: () => E.Either<Failure, Buffer>;
}

/** Describes how a stream goes on; only the edge runs it. */
export interface Resume {
  readonly dialect: Dialect;
  /** A second reply, to the same request and the text that came so far, and what it took. */
  readonly ask: (partial: string) => TE.TaskEither<Failure, Answered>;
}

/** A body that was not read yet. */
export const held = (ticket: Ticket, length: O.Option<number>): Held => ({
  _tag: 'Held',
  ticket,
  peek: Buffer.alloc(0),
  length,
  lastWords: O.none,
  resume: O.none,
  rewrite: O.none,
});

/** The content of a message: in memory, or still with the edge. */
export type Body = Bytes | Held;

export const bytes = (content: Buffer): Bytes => ({ _tag: 'Bytes', bytes: content });

export interface Request {
  readonly method: string;
  /** Origin-form (RFC 9112 §3.2.1), with the query, as it came. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: Body;
}

/** A request of which no byte of the body was read. */
export type Head = Omit<Request, 'body'>;

export interface Reply {
  readonly status: number;
  /** What stands behind the status; none: the usual words. SillyTavern shows nothing else of some errors. */
  readonly reasonPhrase?: string;
  readonly headers: Headers;
  readonly body: Body;
}

/** Whose error format and body shapes apply. */
export type Dialect = 'openai' | 'anthropic';

export interface Received {
  /** Unique; the client sees it as `x-request-id`. */
  readonly id: string;
  /** Monotonic milliseconds. */
  readonly receivedAt: number;
  /** Aborted when the client has gone, when the proxy shuts down, and when the exchange is over. */
  readonly signal: AbortSignal;
  readonly request: Request;
}

/** A validated view of what is asked for; the original bytes stay the truth. */
export type Call =
  | {
      readonly _tag: 'Chat';
      readonly dialect: Dialect;
      /** What is asked of the upstream: a stage may have changed it. */
      readonly body: ChatBody;
      /** Whether the client asked for a stream, and so gets one, whatever is asked of the upstream. */
      readonly stream: boolean;
    }
  | { readonly _tag: 'Models'; readonly dialect: Dialect }
  | { readonly _tag: 'Other'; readonly dialect: Dialect };

/** The fields that the proxy itself reads; all others are there too, untouched. */
export interface ChatBody {
  readonly model: string;
  readonly messages: readonly unknown[];
  readonly stream?: boolean | null | undefined;
}

export interface Decoded extends Received {
  readonly call: Call;
}

/** An upstream. */
export interface Target {
  /** `http://` or `https://`, with its base path, without a slash at the end. */
  readonly url: string;
  readonly apiKey: O.Option<string>;
  readonly headers: Readonly<Record<string, string>>;
  readonly verifyTls: boolean;
  readonly timeouts: Timeouts;
  /** A judged reply longer than this is passed on unjudged. */
  readonly replyLimitBytes: number;
}

export interface Timeouts {
  readonly connectMs: number;
  /** To the head of a stream. */
  readonly headersMs: number;
  /** To the head of a whole reply: a model that thinks sends nothing until it is done. */
  readonly headersWholeMs: number;
  readonly firstContentMs: number;
  /** Silence between two reads of the body. */
  readonly idleMs: number;
  /** A whole attempt. */
  readonly totalMs: number;
}

export interface Plan {
  /** Whether the body of the reply is read for its meaning, or only passed on. */
  readonly judged: boolean;
  /** Whether the client asked for a stream. */
  readonly stream: boolean;
  /** Whether the body can be sent a second time. */
  readonly replayable: boolean;
  /** Whether it asks for the rest of a reply that broke off. */
  readonly goesOn: boolean;
  readonly target: Target;
  readonly schedule: Schedule;
  /** What each try sends. */
  readonly outgoing: Request;
}

export interface Planned extends Decoded {
  readonly plan: Plan;
}

export interface Try extends Planned {
  /** 1 for the first. A retry is a try after the first. */
  readonly number: number;
  readonly target: Target;
  readonly outgoing: Request;
}

export interface Replied extends Try {
  readonly reply: Reply;
  /** What the body means. */
  readonly reading: Reading;
}

/** A body, and what it means. */
export type ReadBody = Pick<Replied, 'reading'> & Pick<Reply, 'body'>;

/** A reply, and what a stage says of it. */
export interface Tried extends Replied {
  /** It wants another. What was still to come of this one was given up, so that it cannot be sent on. */
  readonly unwanted?: Unwanted;
}

/** What a try came to. */
export type Outcome = E.Either<Failure, Tried>;

export interface Answered extends Planned {
  readonly reply: Reply;
  readonly attempts: readonly Attempt[];
}
