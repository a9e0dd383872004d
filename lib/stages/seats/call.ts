/** Calls what a stage has for a seat, whatever it does: it may throw, reject, never answer, or answer nonsense. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type * as TE from 'fp-ts/lib/TaskEither.js';
import { answer, type Early, type Seated, type Seats } from '../../core/custom-stage.js';
import { bytes, type Received, type Reply } from '../../core/exchange.js';
import { type Failure, stageFault } from '../../core/failure.js';
import { endToEnd } from '../../core/headers.js';
import { type Cause, causeIn, thrown } from '../../core/thrown.js';
import { isObject, type Own, ownBytes, ownObjection, ownReply } from '../../core/well-formed.js';

/** The seats that take a value and give one. */
export type SeatName = Exclude<keyof Seats, 'text' | 'json' | 'needs'>;

/** What a stage gave for a value: the value, maybe another, which the seat looks at; a reply; or a failure. */
export type Answer = E.Either<Failure, { readonly _tag: 'Value'; readonly given: unknown } | Early>;

export interface CallDeps {
  /** Ends early, with `ClientGone`, when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => TE.TaskEither<Failure, void>;
}

/** `how`: in words that can follow the stage's name. */
export const fault = ({ label }: Seated, how: string, seat: SeatName, cause?: Cause): E.Either<Failure, never> =>
  stageFault(label, `${how} at ${seat}`, { place: seat, ...(cause && { cause }) });

const isEither = (value: unknown): value is E.Either<unknown, unknown> =>
  isObject(value) && ((value._tag === 'Left' && 'left' in value) || (value._tag === 'Right' && 'right' in value));

const isEarly = (value: unknown): value is Early => isObject(value) && value._tag === 'Early';

/** What was given, once it is there. */
const answerOf = (stage: Seated, seat: SeatName, given: unknown): Answer => {
  if (isEither(given)) {
    if (E.isRight(given)) return answerOf(stage, seat, given.right);
    const objection = ownObjection(given.left, stage.label);
    if (O.isNone(objection)) return fault(stage, 'gave a failure that neither refuse nor tryAgain makes', seat);
    return objection.value._tag === 'Unwanted' && seat !== 'replied'
      ? fault(stage, 'asked for another try, which only replied can,', seat)
      : E.left(objection.value);
  }
  if (isEarly(given)) {
    const reply = ownReply(given.reply);
    const content = O.chain(({ body }: Own<Reply>) => ownBytes(body))(reply);
    if (O.isNone(reply) || O.isNone(content)) return fault(stage, 'answered with what is no reply', seat);
    // Without fields that belong to a connection.
    return E.right(answer({ ...reply.value, headers: endToEnd(reply.value.headers), body: bytes(content.value) }));
  }
  return E.right({ _tag: 'Value', given });
};

const isPending = (given: unknown): given is PromiseLike<unknown> | (() => PromiseLike<unknown>) =>
  typeof given === 'function' || (isObject(given) && typeof given.then === 'function');

/** Whichever comes first: what is awaited, the end of the time, or the client's leaving. */
const inTime = async (
  { sleep }: CallDeps,
  stage: Seated,
  seat: SeatName,
  signal: AbortSignal,
  pending: PromiseLike<unknown>,
): Promise<E.Either<Failure, unknown>> => {
  const timer = new AbortController();
  const late = sleep(stage.timeoutMs, AbortSignal.any([signal, timer.signal]))().then((slept) =>
    E.isLeft(slept) ? slept : fault(stage, `did not answer in ${stage.timeoutMs / 1000} s`, seat),
  );
  try {
    return await Promise.race([Promise.resolve(pending).then((given) => E.right(given)), late]);
  } finally {
    timer.abort();
  }
};

/** The answer of one stage; at once where the stage gives it at once, so that such stages cost next to nothing. */
export const call = (
  deps: CallDeps,
  stage: Seated,
  seat: SeatName,
  signal: AbortSignal,
  value: Received,
): Answer | Promise<Answer> => {
  const failed = (error: unknown): Answer => fault(stage, `threw ${thrown(error)}`, seat, causeIn(error));
  try {
    // The seat's own types are checked where it is put together: here one function runs them all.
    const given: unknown = (stage.seats[seat] as (value: Received) => unknown)(value);
    // Most stages only look.
    if (given === value) return E.right({ _tag: 'Value', given });
    if (!isPending(given)) return answerOf(stage, seat, given);
    const pending = typeof given === 'function' ? given() : given;
    return inTime(deps, stage, seat, signal, pending)
      .then((settled) => (E.isLeft(settled) ? settled : answerOf(stage, seat, settled.right)))
      .catch(failed);
  } catch (error) {
    return failed(error);
  }
};
