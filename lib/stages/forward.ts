/** Sends one try, and reads of its reply what must be known before anything goes to the client. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import type { Emit } from '../core/event.js';
import {
  type Body,
  type Bytes,
  bytes,
  type Held,
  type ReadBody,
  type Replied,
  type Reply,
  type Try,
} from '../core/exchange.js';
import type { Failure } from '../core/failure.js';
import { plus } from '../core/plus.js';
import type { Reading } from '../core/reading.js';
import { chain, type Stage } from '../core/stage.js';
import type { InTurns } from '../core/steps.js';
import type { Warn } from '../core/warning.js';
import { readModels } from '../dialects/models.js';
import { proxyErrorInHeaders } from '../dialects/proxy-errors.js';
import { readWhole, wholePart } from '../dialects/reading.js';
import { replyFields } from '../dialects/reply-fields.js';

/** Enough of an error's text to tell what it is. */
const ERROR_LIMIT_BYTES = 64 * 1024;

export interface ForwardDeps {
  /** One attempt at the target, up to the head of its reply. */
  readonly send: Stage<Try, Reply>;
  /**
   * The whole body; or, where it is longer than the limit, the body as it was with its start as `prefix`. `wholeIn`: what is
   * whole of a body that has no end. The memory that it takes counts for the request of `signal`.
   */
  readonly buffer: (
    body: Held,
    limitBytes: number,
    wholeIn: (start: Buffer) => O.Option<Buffer>,
    signal?: AbortSignal,
  ) => TE.TaskEither<Failure, Body>;
  /** The start of a body, at most so many bytes; the rest is given up. */
  readonly readPrefix: (body: Held, limitBytes: number) => TE.TaskEither<Failure, Bytes>;
  /** Holds a stream back until it can be judged. */
  readonly gate: (attempt: Try, body: Held) => TE.TaskEither<Failure, ReadBody>;
  /** Reads a long body step by step. */
  readonly inTurns: InTurns;
  readonly warn: Warn;
  /** Takes the head of a reply when it is there. */
  readonly emit: Emit;
}

const unread = (body: Body): ReadBody => ({ body, reading: { _tag: 'Unread' } });

const readHeld =
  ({ inTurns, warn }: ForwardDeps, { call, id }: Try): Stage<Body, ReadBody> =>
  (held) =>
  async () => {
    if (held._tag === 'Bytes') {
      if (call._tag === 'Models') return E.right({ body: held, reading: readModels(call.dialect, held.bytes) });
      const { body, reading } = await inTurns(readWhole(call.dialect, held.bytes));
      return E.right({ body: body === held.bytes ? held : bytes(body), reading });
    }
    warn(id, 'reply_too_long_to_judge');
    return E.right(unread(held));
  };

/** Of the body of an error. */
const startOf = ({ readPrefix }: ForwardDeps, body: Body): TE.TaskEither<Failure, Body> =>
  body._tag === 'Bytes' ? TE.right(body) : readPrefix(body, ERROR_LIMIT_BYTES);

const readReplyOf = (deps: ForwardDeps, attempt: Try, reply: Reply): TE.TaskEither<Failure, ReadBody> => {
  const { body, headers, status } = reply;
  const { plan, target } = attempt;
  if (status >= 300) return TE.map(unread)(startOf(deps, body));
  if (!plan.inspected) return TE.right(unread(body));
  const error = proxyErrorInHeaders(headers);
  if (O.isSome(error)) {
    const reading: Reading = { _tag: 'ErrorInReply', error: error.value };
    return TE.map((start: Body): ReadBody => ({ body: start, reading }))(startOf(deps, body));
  }
  if (body._tag === 'Bytes') return readHeld(deps, attempt)(body);
  // Whatever it calls itself: a stream may come as JSON or as text, and the gate looks at its first bytes.
  return plan.stream
    ? deps.gate(attempt, body)
    : chain(
        (held: Held) => deps.buffer(held, target.replyLimitBytes, wholePart(attempt.call.dialect), attempt.signal),
        readHeld(deps, attempt),
      )(body);
};

/** The same reply, read anew: its body is another than the one that came. */
export const readAgain =
  (deps: ForwardDeps): Stage<Replied, Replied> =>
  (replied) =>
    TE.map(({ body, reading }: ReadBody): Replied => ({ ...replied, reply: { ...replied.reply, body }, reading }))(
      // An open stream stays open, unless a stage has made an error of it.
      replied.reply.body._tag === 'Held' && replied.reply.status < 300
        ? TE.right({ body: replied.reply.body, reading: replied.reading })
        : readReplyOf(deps, replied, replied.reply),
    );

export const forward =
  (deps: ForwardDeps): Stage<Try, Replied> =>
  (attempt) => {
    const read = (reply: Reply): TE.TaskEither<Failure, Replied> => {
      const { id, number, target } = attempt;
      deps.emit({ _tag: 'HeadReceived', id, number, target: target.name, status: reply.status });
      return TE.map(({ body, reading }: ReadBody): Replied => {
        const headers = replyFields(reply.headers, attempt.target);
        return plus(attempt, { reply: { ...reply, headers, body }, reading });
      })(readReplyOf(deps, attempt, reply));
    };
    return chain(deps.send, read)(attempt);
  };
