/** Random schedules: what an upstream plays to one request, attempt by attempt, and what is to come of it. */
import * as fc from 'fast-check';
import { type Reason, reasons, statusFor } from '../../lib/core/reason.js';
import type { StreamingSettings } from '../../lib/core/settings.js';
import { faults, goodReplies } from '../../lib/demo/catalogue.js';
import type { Place, ReplyFault } from '../../lib/demo/faults/fault.js';

/** A hint above it is not waited for. */
export const MAX_DELAY_MS = 500;

const WELL = 'good-plain';
const PLACES = ['chat', 'chat-stream', 'messages', 'messages-stream'] as const;

export type ChatPlace = (typeof PLACES)[number];

export interface Schedule {
  readonly place: ChatPlace;
  readonly onBreak: StreamingSettings['onBreak'];
  /** What goes wrong, attempt by attempt. */
  readonly faults: readonly string[];
  /** What comes after it. */
  readonly good: string;
  /** The upstream's bytes come in pieces of these lengths, over and over; none: as they are sent. */
  readonly pieces: readonly number[];
}

export type Expected = { readonly played: readonly string[] } & (
  | { readonly gets: 'text'; readonly text: (prompt: string) => string }
  /** The beginning of the text, and an error in the stream. */
  | { readonly gets: 'broken' }
  | { readonly gets: 'error'; readonly status: number; readonly reason: Reason }
);

const replyFaults = new Map<string, ReplyFault>(
  Object.entries(faults).flatMap(([name, fault]) => (fault.kind === 'reply' ? [[name, fault]] : [])),
);

/** Megabytes each. */
const MUCH_WORK = new Set(['gzip-bomb', 'good-huge', 'good-blank-lines', 'good-blanks-first', 'line-too-long']);
/** They last, or leave something on the connection that the next request meets. */
const NOT_ALONE = new Set(['good-slow', 'good-dribble', 'good-extra-bytes', 'good-second-reply', 'good-reset-kept']);
/** Only a time-out ends them. */
const isHanging = ([name, { reason }]: readonly [string, ReplyFault]): boolean =>
  reason === 'timed_out' || name === 'broken-silence';

const faultNames = (place: Place): fc.Arbitrary<string> => {
  const here = [...replyFaults].filter(([name, { places }]) => places.includes(place) && !MUCH_WORK.has(name));
  const names = (hang: boolean) => here.filter((one) => isHanging(one) === hang).map(([name]) => name);
  return fc.oneof(
    { weight: 40, arbitrary: fc.constantFrom(...names(false)) },
    { weight: 1, arbitrary: fc.constantFrom(...names(true)) },
  );
};

const goodNames = (place: Place): readonly string[] =>
  Object.entries(goodReplies)
    .filter(([name, reply]) => reply.places.includes(place) && !MUCH_WORK.has(name) && !NOT_ALONE.has(name))
    .map(([name]) => name);

const scheduleAt = (place: ChatPlace): fc.Arbitrary<Schedule> =>
  fc
    .record({
      place: fc.constant(place),
      onBreak: fc.constantFrom('error' as const, 'continue' as const),
      faults: fc.array(faultNames(place), { maxLength: 4 }),
      good: fc.oneof(fc.constant(WELL), fc.constantFrom(...goodNames(place))),
      pieces: fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 600 })), { maxLength: 6 }),
    })
    // The ordinary good answer alone goes on from where another broke off.
    .map((schedule) => (schedule.onBreak === 'continue' ? { ...schedule, good: WELL } : schedule));

/** The same for the same seed. */
export const schedules = (count: number, seed: number): readonly Schedule[] =>
  fc.sample(fc.oneof(...PLACES.map(scheduleAt)), { numRuns: count, seed });

/** Told whole but for its end: there is nothing to go on from. */
const FINISHED = 'broken-no-stop';

/** Where the failure comes in the same bytes as what commits the stream, nothing was sent on yet: it is tried again. */
const MAY_COME_AT_ONCE = new Set(['stream-reasoning-only', 'broken-error', 'broken-error-field']);

type Effect = 'breaks' | 'ends' | 'is retried' | 'is final';

/** What a fault may do to the request. */
const effectsOf = (name: string, { reason, retried = reasons[reason].retried, hintMs = 0 }: ReplyFault): Effect[] => {
  const atOnce: Effect[] = MAY_COME_AT_ONCE.has(name) ? ['is retried'] : [];
  if (name === FINISHED || name === 'stream-reasoning-only') return ['ends', ...atOnce];
  if (reason === 'broken_off') return ['breaks', ...atOnce];
  return retried && hintMs <= MAX_DELAY_MS ? ['is retried'] : ['is final'];
};

/** By the rules, where the tries are enough: all that may rightly come of it, and mostly that is one thing. */
export const expectedOf = ({ onBreak, faults: names, good }: Schedule): readonly Expected[] => {
  const from = (i: number, isBroken: boolean): readonly Expected[] => {
    const name = names[i];
    if (name === undefined) {
      const { text } = goodReplies[good as keyof typeof goodReplies];
      return [{ gets: 'text', played: [...names, good], text }];
    }
    const fault = replyFaults.get(name) as ReplyFault;
    const played = names.slice(0, i + 1);
    const broken: Expected = { gets: 'broken', played };
    const { reason, status = 0 } = fault;
    const error: Expected = { gets: 'error', played, reason, status: statusFor(reason, status) };
    const after: Readonly<Record<Effect, () => readonly Expected[]>> = {
      ends: () => [broken],
      breaks: () => (onBreak === 'error' ? [broken] : from(i + 1, true)),
      'is final': () => [isBroken ? broken : error],
      'is retried': () => from(i + 1, isBroken),
    };
    return effectsOf(name, fault).flatMap((effect) => after[effect]());
  };
  return from(0, false);
};
