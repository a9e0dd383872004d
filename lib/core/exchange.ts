/** The value of a request at each step. Each type has what the one before had, and what was learned since. */
import type * as E from 'fp-ts/lib/Either.js';
import type * as O from 'fp-ts/lib/Option.js';
import type * as TE from 'fp-ts/lib/TaskEither.js';
import type { Attempt } from './attempt.js';
import type { ChatBody, Dialect } from './dialect.js';
import type { Failure, Unwanted } from './failure.js';
import type { Headers } from './headers.js';
import type { Reading } from './reading.js';
import type { Schedule } from './schedule.js';
import type { BodyLayer, Source } from './source.js';

/** A body that is in memory, whole. `bytes` makes one. */
export interface Bytes {
  readonly _tag: 'Bytes';
  /** Not to be written into: a new body takes its place. */
  readonly bytes: Buffer;
}

/**
 * A body that is still to come: a stream, or what is too long to be kept. A stage passes it on as it is, or puts another
 * body in its place; of all that is here it may look at `prefix` and `length` alone.
 */
export interface Held {
  readonly _tag: 'Held';
  /** The rest of it. Whoever takes the body reads it to its end, or abandons it. */
  readonly source: Source;
  /** The bytes that were read of it already; they go first. */
  readonly prefix: Buffer;
  /** The whole length in bytes, where it is known. */
  readonly length: O.Option<number>;
  /** The layers around its bytes on their way to the client, the first of them innermost. */
  readonly through: readonly BodyLayer[];
}

/** Changes a stream of events piece by piece. A failure ends it. */
export interface Rewriter {
  /** The bytes for the client in place of these, maybe none yet. */
  readonly push: (bytes: Buffer) => E.Either<Failure, Buffer>;
  /** The bytes that were held back. Called once, where the stream ends or breaks. */
  readonly end: () => E.Either<Failure, Buffer>;
}

/** Asks for a second reply, to the same request and the text that came so far. */
export type Ask = (partial: string) => TE.TaskEither<Failure, Further>;

/** A second reply, and how to ask for a third, should that one break off too. */
export interface Further {
  readonly answered: Answered;
  readonly ask: O.Option<Ask>;
}

/** A body that was not read yet. */
export const held = (source: Source, length: O.Option<number>): Held => ({
  _tag: 'Held',
  source,
  prefix: Buffer.alloc(0),
  length,
  through: [],
});

/** The content of a message: in memory, or still to come. */
export type Body = Bytes | Held;

/** A body of these bytes; what they are of stands in `content-type`, and their number is counted where they are sent. */
export const bytes = (content: Buffer): Bytes => ({ _tag: 'Bytes', bytes: content });

/** A request to the proxy, or from it to the upstream. */
export interface Request {
  /** In capitals, as a rule: `POST`. */
  readonly method: string;
  /** Origin-form (RFC 9112 §3.2.1), with the query, as it came. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: Body;
}

/** A request of which no byte of the body was read. */
export type Head = Omit<Request, 'body'>;

/** A reply of the upstream, or to the client. */
export interface Reply {
  /** The status; of a stage: 200 to 599. */
  readonly status: number;
  /** The reason phrase; none: the standard one. SillyTavern shows nothing else of some errors. */
  readonly reasonPhrase?: string;
  readonly headers: Headers;
  readonly body: Body;
}

/** A request whose body was not read for its meaning yet. */
export interface Received {
  /** Unique; the client sees it as `x-request-id`. */
  readonly id: string;
  /** Monotonic milliseconds: they measure how much time has passed, and not what time it is. */
  readonly receivedAt: number;
  /** Aborted when the client has gone, when the proxy shuts down, and when the exchange is over. */
  readonly signal: AbortSignal;
  readonly request: Request;
}

/** A validated view of what is asked for; the original bytes stay the truth. */
export type Call =
  /** `/chat/completions`, or `/messages`. */
  | {
      readonly _tag: 'Chat';
      readonly dialect: Dialect;
      /** The body for the upstream: a stage may have changed it. */
      readonly body: ChatBody;
      /** True if the client asked for a stream, and so gets one, whatever is asked of the upstream. */
      readonly stream: boolean;
    }
  /** The list of models. */
  | { readonly _tag: 'Models'; readonly dialect: Dialect }
  /** Any other request, which is only passed on. */
  | { readonly _tag: 'Other'; readonly dialect: Dialect };

/** A request of which it is known what it asks for. */
export interface Decoded extends Received {
  readonly call: Call;
}

/** An upstream. */
export interface Target {
  /** The name of the target, in place of its host. */
  readonly name: string;
  /** `http://` or `https://`, with its base path, without a slash at the end. */
  readonly url: string;
  /** The key of the config; none: the client's own is passed on. */
  readonly apiKey: O.Option<string>;
  /** Set on each request to it. */
  readonly headers: Readonly<Record<string, string>>;
  /** True if its certificate must be valid. */
  readonly verifyTls: boolean;
  readonly timeouts: Timeouts;
  /** A judged reply longer than this is passed on unjudged. */
  readonly replyLimitBytes: number;
}

/** The limits of a try, part by part. */
export interface Timeouts {
  readonly connectMs: number;
  /** To the head of a stream. */
  readonly headersMs: number;
  /** To the head of a whole reply: a model that thinks sends nothing until it is done. */
  readonly headersWholeMs: number;
  /** From the head of a stream to its first content. */
  readonly firstContentMs: number;
  /** Silence between two reads of the body. */
  readonly idleMs: number;
  /** A whole attempt. */
  readonly totalMs: number;
}

/** The plan for a request. */
export interface Plan {
  /** True if the body of the reply is read for its meaning; false: it is only passed on. */
  readonly inspected: boolean;
  /** True if the client asked for a stream. */
  readonly stream: boolean;
  /** True if the body can be sent a second time. */
  readonly replayable: boolean;
  /** True if it asks for the rest of a reply that broke off: for all that was sent, followed by the reply so far. */
  readonly isContinuation: boolean;
  readonly target: Target;
  /** When another try follows. */
  readonly schedule: Schedule;
  /** The request to send, not yet addressed to an upstream; behind the attempts, the one that was sent last. */
  readonly outgoing: Request;
}

/** A request of which it is known what will be done for it. */
export interface Planned extends Decoded {
  readonly plan: Plan;
}

/** One sending of a request. */
export interface Try extends Planned {
  /** 1 for the first. A retry is a try after the first. */
  readonly number: number;
  readonly target: Target;
  /** The request that this attempt sends. */
  readonly outgoing: Request;
}

/** A try, and the reply that came of it. */
export interface Replied extends Try {
  /** The reply as the upstream sent it. */
  readonly reply: Reply;
  /** The meaning of the body. */
  readonly reading: Reading;
}

/** A body, and what it means. */
export type ReadBody = Pick<Replied, 'reading'> & Pick<Reply, 'body'>;

/** A reply, and what a stage says of it. */
export interface Tried extends Replied {
  /** It wants another. What was still to come of this one was given up, so that it cannot be sent on. */
  readonly unwanted?: Unwanted;
}

/** The outcome of a try. */
export type Outcome = E.Either<Failure, Tried>;

/** A request, and the good reply that came of its attempts. */
export interface Answered extends Planned {
  readonly reply: Reply;
  /** The finished attempts; none, where a stage has answered before there were any. */
  readonly attempts: readonly Attempt[];
}
