/** The reply as the client reads it: a good one as it is, a failure as one honest sentence. */
import * as O from 'fp-ts/lib/Option.js';
import { endedBy, withLayer } from '../core/body-layers.js';
import { clean, reasonPhrase, withoutSecrets } from '../core/clean.js';
import { targetSecrets } from '../core/credentials.js';
import type { Dialect } from '../core/dialect.js';
import type { LoggedFailure } from '../core/event.js';
import { type Answered, bytes, type Call, type Reply, type Request, type Target } from '../core/exchange.js';
import { type Failure, lastOf, reasonOf, reasonOnceOpened, type Simple } from '../core/failure.js';
import { type Headers, set, value } from '../core/headers.js';
import { type Reason, statusFor } from '../core/reason.js';
import { quote, retryAfterMs, sentence } from '../core/sentence.js';
import type { Steps } from '../core/steps.js';
import { streamOf, wholeOf } from '../dialects/convert.js';
import { requestSecrets } from '../dialects/credentials.js';
import { looksLikeJson, looksLikeStream } from '../dialects/reading.js';
import { routed, tidyPath } from '../dialects/route.js';

export interface EncodeDeps {
  /** Its keys and hosts are cut from whatever the upstream says. */
  readonly target: Target;
}

/** By what a client tells the two forms of a reply apart. */
const FORMS = {
  stream: { names: /^text\/event-stream/i, type: 'text/event-stream; charset=utf-8' },
  whole: { names: /^application\/json\b/i, type: 'application/json' },
} as const;

const isNamed = ({ names }: (typeof FORMS)['stream' | 'whole'], headers: Headers): boolean =>
  names.test(value(headers, 'content-type'));

/** A request that has failed, as far as it is known. */
interface Asked extends Pick<Request, 'path' | 'headers'> {
  /** Texts that must not come back in an upstream's words. */
  readonly prompts?: readonly string[];
}

const secretsOf = ({ target }: EncodeDeps, asked: Asked): readonly string[] => [
  ...targetSecrets(target),
  ...requestSecrets(asked),
];

/** A stage may have put into its words what it found in a request or a reply. */
const tellable = (deps: EncodeDeps, asked: Asked, failure: Failure): Failure => {
  if (failure._tag === 'GaveUp') return { ...failure, last: tellable(deps, asked, failure.last) as Simple };
  if (failure._tag !== 'Refused' && failure._tag !== 'Unwanted') return failure;
  return { ...failure, says: withoutSecrets(failure.says, secretsOf(deps, asked), asked.prompts) };
};

const message = (deps: EncodeDeps, asked: Asked, failure: Failure): string => {
  const theirs = quote(failure);
  if (O.isNone(theirs)) return sentence(failure);
  return sentence(failure, clean(theirs.value, secretsOf(deps, asked), asked.prompts));
};

/** The path may be as the client sent it, where the request was refused before it was tidied. */
const dialectFor = ({ path, headers }: Asked): Dialect => routed(tidyPath(path), headers).dialect;

const retryAfterS = (failure: Failure): O.Option<number> =>
  O.map((ms: number) => Math.ceil(ms / 1000))(retryAfterMs(failure));

const errorBody = (dialect: Dialect, reason: Reason, failure: Failure, says: string): object =>
  dialect.error({ reason, says, retryAfterS: retryAfterS(failure) });

const statusOf = (failure: Failure): number => {
  const last = lastOf(failure);
  return statusFor(reasonOf(failure), 'status' in last ? last.status : 0);
};

/** The tries were made here: a client that tries again would multiply them, but where the proxy itself stood in the way. */
const isOver = (failure: Failure): boolean =>
  failure._tag === 'GaveUp' && failure.last._tag !== 'ShuttingDown' && failure.last._tag !== 'Shedding';

/** A failure, as a whole reply. `known`: its sentence, where that was made before. */
export const encodeFailure =
  (deps: EncodeDeps) =>
  (id: string, asked: Asked, came: Failure, known?: string): Reply => {
    const failure = tellable(deps, asked, came);
    const says = known ?? message(deps, asked, failure);
    const wait = retryAfterS(failure);
    const dialect = dialectFor(asked);
    const content = errorBody(dialect, reasonOf(failure), failure, says);
    return {
      status: statusOf(failure),
      reasonPhrase: reasonPhrase(sentence(failure)),
      headers: {
        'content-type': 'application/json',
        'x-request-id': id,
        ...dialect.errorFields(id),
        ...(O.isSome(wait) ? { 'retry-after': String(wait.value) } : {}),
        ...(failure._tag === 'ClientError' && failure.allow !== undefined ? { allow: failure.allow } : {}),
        ...(failure._tag === 'GaveUp' ? { 'x-seaking-attempts': String(failure.attempts.length) } : {}),
        // Another try would go round once more, by whichever proxy of the loop it were made.
        ...(lastOf(failure)._tag === 'Looped' || isOver(failure) ? { 'x-should-retry': 'false' } : {}),
      },
      body: bytes(Buffer.from(JSON.stringify(content))),
    };
  };

/** The texts of a call that must not come back in an upstream's words. */
export const promptsIn = (call: Call): readonly string[] =>
  call._tag === 'Chat' ? call.dialect.request.prompts(call.body) : [];

/** A failure for the log: the sentence that the client gets, and the fault of a stage. None of it holds a secret. */
export const logFailure =
  (deps: EncodeDeps) =>
  (asked: Asked, came: Failure): LoggedFailure => {
    const last = lastOf(came);
    // Nobody reads it.
    if (last._tag === 'ClientGone') return {};
    const says = message(deps, asked, tellable(deps, asked, came));
    if (last._tag !== 'StageFault') return { says };
    const { stage, why, place = '', cause } = last;
    const { at = '', stack = [] } = cause ?? {};
    // Where the target itself is the trouble, nobody knows what of it is secret.
    const own = O.tryCatch(() =>
      cause === undefined ? why : clean(cause.says, secretsOf(deps, asked), asked.prompts),
    );
    return { says, fault: { stage, place, at, says: O.getOrElse(() => why)(own), stack } };
  };

/** How a stream that broke off ends, so that its reader sees an error and an end rather than a reset. */
const errorTail =
  (deps: EncodeDeps, { call, request }: Answered) =>
  (came: Failure): Buffer => {
    const asked = { ...request, prompts: promptsIn(call) };
    const failure = tellable(deps, asked, came);
    const error = errorBody(call.dialect, reasonOnceOpened(failure), failure, message(deps, asked, failure));
    // What is only passed on may have been cut within an event, which ends first, or this would be taken for its rest.
    if (call._tag !== 'Chat') return Buffer.from(`\n\ndata: ${JSON.stringify(error)}\n\n`);
    return call.dialect.events.errorTail(error);
  };

/** In the form that was asked for: a stream for a stream. What the upstream sent may be the other one. */
const asAsked = function* ({ call, plan }: Answered, reply: Reply): Steps<Reply> {
  if (call._tag !== 'Chat' || reply.status >= 300) return reply;
  const form = plan.stream ? FORMS.stream : FORMS.whole;
  const headers = isNamed(form, reply.headers) ? reply.headers : set(reply.headers, { 'content-type': form.type });
  // What was too long to be read cannot be turned, and goes on as what it is.
  if (reply.body._tag === 'Held')
    return plan.stream && !looksLikeJson(reply.body.prefix) ? { ...reply, headers } : reply;
  const content = reply.body.bytes;
  if (looksLikeStream(content) === plan.stream) return { ...reply, headers };
  const turned = plan.stream ? streamOf(call.dialect, content) : yield* wholeOf(call.dialect, content);
  return { ...reply, headers, body: bytes(turned) };
};

/** For what stands between here and the client: nginx and others collect a reply before they pass it on. */
const unbuffered = (headers: Headers): Readonly<Record<string, string>> => ({
  'x-accel-buffering': 'no',
  ...(/\bno-(?:cache|store)\b/i.test(value(headers, 'cache-control')) ? {} : { 'cache-control': 'no-cache' }),
});

/** A good reply, as it came, with what it took. */
export const encodeReply = (deps: EncodeDeps) =>
  function* (answered: Answered): Steps<Reply> {
    const reply = yield* asAsked(answered, answered.reply);
    const isStream = isNamed(FORMS.stream, reply.headers);
    const headers = set(reply.headers, {
      'x-request-id': answered.id,
      'x-seaking-attempts': String(answered.attempts.length),
      ...(isStream ? unbuffered(reply.headers) : {}),
    });
    const { body } = reply;
    if (body._tag === 'Bytes' || !isStream) return { ...reply, headers };
    return { ...reply, headers, body: withLayer(body, endedBy(errorTail(deps, answered))) };
  };
