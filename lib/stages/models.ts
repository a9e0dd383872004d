/**
 * Around retry-schedule: a list of models is there also while the upstream gives none, since SillyTavern sends nothing
 * before it has seen one.
 */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Attempt } from '../core/attempt.js';
import { type Answered, bytes, type Planned, type Reply } from '../core/exchange.js';
import { attemptsOf, type Failure, reasonOf } from '../core/failure.js';
import { type Headers, set } from '../core/headers.js';
import type { ModelsStore } from '../core/models-store.js';
import { reasons } from '../core/reason.js';
import { splitQuery } from '../core/route.js';
import { limit } from '../core/schedule.js';
import type { Settings } from '../core/settings.js';
import type { Layer, Stage } from '../core/stage.js';
import type { Warn } from '../core/warning.js';
import { requestSecrets } from '../dialects/credentials.js';
import { listModels, mendModels } from '../dialects/models.js';

export interface ModelsDeps {
  readonly settings: Settings['models'];
  readonly store: ModelsStore;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  readonly warn: Warn;
}

/** How long the upstream may take where an older list could be served instead. */
const PATIENCE_MS = 5000;

/** The same with one try, and a short one. */
const once = ({ plan, ...rest }: Planned): Planned => {
  const { timeouts } = plan.target;
  const short = { ...timeouts, totalMs: Math.min(timeouts.totalMs, PATIENCE_MS) };
  return { ...rest, plan: { ...plan, target: { ...plan.target, timeouts: short }, schedule: limit(0) } };
};

/** Whether the whole list is asked for: a page of it, or a choice, cannot stand for another. */
const isWhole = ({ request }: Planned): boolean =>
  [...new URLSearchParams(splitQuery(request.path)[1]).keys()].every((name) => name === 'key');

/** The last list is anyone's who asks this target in this dialect. */
const lastKey = ({ call, plan }: Planned): string => JSON.stringify([plan.target.url, call.dialect.name]);

/** A fresh list is only for who got it: the upstream was not asked whether others may see it. */
const ownKey = (planned: Planned): string => {
  const { target, outgoing } = planned.plan;
  const credential = O.isSome(target.apiKey) ? [] : requestSecrets(planned.request);
  return JSON.stringify([lastKey(planned), splitQuery(outgoing.path)[0], ...credential]);
};

/** Whether another list may stand in: not where the credential was refused, which its owner must learn. */
const canStandIn = (failure: Failure): boolean => {
  const refused =
    failure._tag === 'GaveUp' &&
    failure.rejected &&
    failure.last._tag === 'BadReply' &&
    (failure.last.status === 401 || failure.last.status === 403);
  return reasons[reasonOf(failure)].by === 'upstream' && !refused;
};

const listIn = ({ call, reply }: Answered): O.Option<Buffer> =>
  reply.body._tag === 'Bytes' ? mendModels(call.dialect, reply.body.bytes) : O.none;

const jsonReply = ({ status, headers }: Pick<Reply, 'status' | 'headers'>, list: Buffer): Reply => ({
  status,
  headers: set(headers, { 'content-type': 'application/json' }),
  body: bytes(list),
});

/** Whole seconds (RFC 9111 §5.1). A list that seems to come from the future, since a clock was set back, is new. */
const age = (ms: number): string => String(Math.max(0, Math.floor(ms / 1000)));

export const models =
  ({ settings, store, now, wallClock, warn }: ModelsDeps): Layer<Planned, Answered> =>
  (inner) => {
    /** The disk may be slow, or hang, and the client does not wait for it. */
    const keep = (planned: Planned, list: Buffer): void => {
      store.own.keep(ownKey(planned), { list, at: now() });
      const kept = store.last.keep(lastKey(planned), { list, at: wallClock() })();
      void kept.then(O.map((warning) => warn(planned.id, warning)));
    };

    const ask: Stage<Planned, Answered> = (planned) => async () => {
      const answered = await inner(planned)();
      if (E.isLeft(answered)) return answered;
      const list = listIn(answered.right);
      if (O.isNone(list)) return answered;
      if (isWhole(planned)) keep(planned, list.value);
      return E.right({ ...answered.right, reply: jsonReply(answered.right.reply, list.value) });
    };

    return (planned) => async () => {
      if (planned.call._tag !== 'Models') return inner(planned)();
      if (!isWhole(planned)) return ask(planned)();
      const answer = (list: Buffer, headers: Headers, attempts: readonly Attempt[]): E.Either<Failure, Answered> =>
        E.right({ ...planned, reply: jsonReply({ status: 200, headers }, list), attempts });

      const own = store.own.recall(ownKey(planned));
      if (O.isSome(own)) {
        const ageMs = now() - own.value.at;
        if (ageMs < settings.ttlMs) return answer(own.value.list, { age: age(ageMs) }, []);
      }

      const last = await store.last.recall(lastKey(planned))();
      const answered = await ask(O.isSome(last) ? once(planned) : planned)();
      if (E.isRight(answered) || !canStandIn(answered.left)) return answered;
      const attempts = attemptsOf(answered.left);
      if (O.isSome(last)) {
        warn(planned.id, 'stale_models');
        const headers = { 'x-seaking-models': 'stale', age: age(wallClock() - last.value.at) };
        return answer(last.value.list, headers, attempts);
      }
      if (settings.fallback.length === 0) return answered;
      const list = listModels(planned.call.dialect, settings.fallback);
      return answer(list, { 'x-seaking-models': 'fallback' }, attempts);
    };
  };
