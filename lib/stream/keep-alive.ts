/**
 * For clients behind something that cuts silent connections: a stream that takes long is opened early, with comments,
 * and whatever comes of it is told in the stream. The price is that a failure can no longer be told by its status.
 */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Attempt } from '../core/attempt.js';
import { sourceOfBody } from '../core/body-layers.js';
import type { Clock } from '../core/clock.js';
import type { Dialect } from '../core/dialect.js';
import { type Answered, type Body, held, type Planned, type Reply } from '../core/exchange.js';
import { type Failure, stageFault } from '../core/failure.js';
import { type Chunk, deliveredBy, type Source, UNCUT } from '../core/source.js';
import type { Layer } from '../core/stage.js';
import { readError } from '../dialects/errors.js';
import { looksLikeJson, looksLikeStream } from '../dialects/reading.js';
import { asStream } from './resume.js';

export interface KeepAliveTimes {
  /** Until the stream is opened. */
  readonly openMs: number;
  /** Between two comments. */
  readonly everyMs: number;
}

type Waits = Pick<Clock, 'within'>;

const TIMES: KeepAliveTimes = { openMs: 20_000, everyMs: 15_000 };

const COMMENT: Chunk = E.right(O.some(Buffer.from(': ka\n\n')));

/** Stands for the stage that gave it, which is not known here. */
const ANSWER = 'an answer';

const TOO_LONG: Failure = { _tag: 'Malformed', detail: 'JSON too long to be turned into a stream' };

type Answer = E.Either<Failure, Answered>;

/** The answer of a stage, in its own words: an error of the upstream has become a failure by now. */
const refused = ({ status, body }: Reply): Failure => {
  const text = body._tag === 'Bytes' ? readError(body.bytes, status).text : '';
  const says = text === '' ? `A stage of the proxy answered with status ${status}.` : text;
  return { _tag: 'Refused', stage: ANSWER, status, says };
};

/** A body as a stream; a failure where it cannot go on in one that the client has the beginning of. */
const streamIn = (dialect: Dialect, reply: Reply): E.Either<Failure, Body> => {
  if (reply.status >= 300) return E.left(refused(reply));
  const body = asStream(dialect, reply.body);
  if (body._tag === 'Bytes') return looksLikeStream(body.bytes) ? E.right(body) : stageFault(ANSWER, 'is no stream');
  // The upstream's, and too long to be read, and so not to be turned into a stream.
  return looksLikeJson(body.prefix) ? E.left(TOO_LONG) : E.right(body);
};

/** Comments until the answer is there, then what it says. */
const commented = ({ within }: Waits, dialect: Dialect, pending: Promise<Answer>, everyMs: number): Source => {
  let answered: Source | undefined;
  let tried: readonly Attempt[] = [];
  let first = true;
  const next = async (): Promise<Chunk> => {
    if (answered !== undefined) return answered.next();
    const answer = first ? undefined : await within(everyMs, pending);
    first = false;
    if (answer === undefined) return COMMENT;
    if (E.isLeft(answer)) return answer;
    const { reply, attempts } = answer.right;
    tried = attempts;
    const stream = streamIn(dialect, reply);
    if (E.isLeft(stream)) {
      if (reply.body._tag === 'Held') reply.body.source.abandon({ _tag: 'ClientGone' });
      return stream;
    }
    answered = sourceOfBody(stream.right);
    return answered.next();
  };
  return {
    next,
    abandon: (failure) => answered?.abandon(failure),
    delivered: () => {
      const later = answered === undefined ? UNCUT : deliveredBy(answered);
      return { ...later, attempts: [...tried, ...later.attempts] };
    },
  };
};

export const keepAlive =
  (clock: Waits, { openMs, everyMs }: KeepAliveTimes = TIMES): Layer<Planned, Answered> =>
  (inner) =>
  (planned) =>
  async () => {
    if (!planned.plan.stream) return inner(planned)();
    const pending = inner(planned)();
    const answer = await clock.within(openMs, pending);
    if (answer !== undefined) return answer;
    const source = commented(clock, planned.call.dialect, pending, everyMs);
    const reply = { status: 200, headers: { 'content-type': 'text/event-stream' }, body: held(source, O.none) };
    return E.right({ ...planned, reply, attempts: [] });
  };
