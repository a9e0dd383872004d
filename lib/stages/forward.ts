/** Room 3: sends one try, and reads of its reply what must be known before anything goes to the client. */
import * as O from 'fp-ts/lib/Option.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { readModels } from '../bodies/models.js';
import { proxyErrorInHeaders } from '../bodies/proxy-errors.js';
import { looksLikeStream, readReply, readWholeStream } from '../bodies/reading.js';
import type { Body, Bytes, Held, ReadBody, Replied, Reply, Try } from '../core/exchange.js';
import type { Failure } from '../core/failure.js';
import { value } from '../core/headers.js';
import { plus } from '../core/plus.js';
import type { Reading } from '../core/reading.js';
import { chain, type Stage } from '../core/stage.js';
import type { Warn } from '../core/warning.js';

/** Enough of an error's text to tell what it is. */
const ERROR_LIMIT_BYTES = 64 * 1024;

export interface ForwardDeps {
  /** One attempt at the target, up to the head of its reply. */
  readonly send: Stage<Try, Reply>;
  /** The whole body; or, where it is longer than the limit, the body as it was with its start as `peek`. The memory that it
   * takes counts for the exchange of `signal`. */
  readonly hold: (body: Held, limitBytes: number, signal?: AbortSignal) => TE.TaskEither<Failure, Body>;
  /** The start of a body, at most so many bytes; the rest is given up. */
  readonly skim: (body: Held, limitBytes: number) => TE.TaskEither<Failure, Bytes>;
  /** Holds a stream back until it can be judged. */
  readonly gate: (attempt: Try, body: Held) => TE.TaskEither<Failure, ReadBody>;
  readonly warn: Warn;
}

const unread = (body: Body): ReadBody => ({ body, reading: { _tag: 'Unread' } });

/** What a body means that came whole, whatever its content-type says it is. */
const readWhole = ({ call }: Try, { bytes }: Bytes): Reading => {
  if (call._tag === 'Models') return readModels(bytes);
  return looksLikeStream(bytes) ? readWholeStream(call.dialect, bytes) : readReply(call.dialect, bytes);
};

const readHeld =
  (deps: ForwardDeps, attempt: Try) =>
  (body: Body): ReadBody => {
    if (body._tag === 'Bytes') return { body, reading: readWhole(attempt, body) };
    deps.warn(attempt.id, 'reply_too_long_to_judge');
    return unread(body);
  };

/** Of the body of an error. */
const startOf = ({ skim }: ForwardDeps, body: Body): TE.TaskEither<Failure, Body> =>
  body._tag === 'Bytes' ? TE.right(body) : skim(body, ERROR_LIMIT_BYTES);

const readReplyOf = (deps: ForwardDeps, attempt: Try, reply: Reply): TE.TaskEither<Failure, ReadBody> => {
  const { body, headers, status } = reply;
  const { plan, target } = attempt;
  if (status >= 300) return TE.map(unread)(startOf(deps, body));
  if (!plan.judged) return TE.right(unread(body));
  const error = proxyErrorInHeaders(headers);
  if (O.isSome(error)) {
    const reading: Reading = { _tag: 'ErrorInReply', error: error.value };
    return TE.map((start: Body): ReadBody => ({ body: start, reading }))(startOf(deps, body));
  }
  if (body._tag === 'Bytes') return TE.right(readHeld(deps, attempt)(body));
  const isJson = /^application\/([^;]*\+)?json/i.test(value(headers, 'content-type'));
  return plan.stream && !isJson
    ? deps.gate(attempt, body)
    : TE.map(readHeld(deps, attempt))(deps.hold(body, target.replyLimitBytes, attempt.signal));
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
    const read = (reply: Reply): TE.TaskEither<Failure, Replied> =>
      TE.map(({ body, reading }: ReadBody): Replied => plus(attempt, { reply: { ...reply, body }, reading }))(
        readReplyOf(deps, attempt, reply),
      );
    return chain(deps.send, read)(attempt);
  };
