/** The way of a reply through `json` and `text`, whole or as a stream. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { rewrittenBy, withLayer } from '../core/body-layers.js';
import type { TextTransform } from '../core/custom-stage.js';
import type { Fields, TextFlow, TextPiece } from '../core/dialect.js';
import { type Answered, type Body, bytes } from '../core/exchange.js';
import type { Failure } from '../core/failure.js';
import { isPlain } from '../core/freeze.js';
import { plus } from '../core/plus.js';
import { isObject } from '../core/well-formed.js';
import { looksLikeJson } from '../dialects/reading.js';
import { rewriter, rewrittenWhole } from '../dialects/rewrite.js';
import { type Changes, inSequence } from '../dialects/text-changes.js';
import { fault, threw } from './fault.js';
import { type Placed, stateOf } from './memory.js';

const PARTS = ['text', 'reasoning'];

/** The pieces that a transform says; none: nonsense. */
const piecesIn = (said: unknown): O.Option<readonly TextPiece[]> => {
  if (typeof said === 'string') return piecesIn({ text: said });
  if (!isPlain(said) || Object.keys(said).some((key) => !PARTS.includes(key))) return O.none;
  const { text = '', reasoning = '' } = said;
  if (typeof text !== 'string' || typeof reasoning !== 'string') return O.none;
  const pieces: readonly TextPiece[] = [
    { kind: 'reasoning', text: reasoning },
    { kind: 'text', text },
  ];
  return O.some(pieces.filter((piece) => piece.text !== ''));
};

const isTransform = (given: unknown): given is TextTransform =>
  isObject(given) && typeof given.push === 'function' && typeof given.end === 'function';

/** The changes of these stages in one reply, the first of them first. */
export const changesBy = (stages: readonly Placed[], answered: Answered): Changes => {
  let failed: O.Option<Failure> = O.none;
  /** Runs what a stage wrote; after a fault nothing more is run. */
  const safely = <A>(
    stage: Placed,
    hook: 'text' | 'json',
    otherwise: A,
    read: (given: unknown) => O.Option<A>,
    act: () => unknown,
  ): A => {
    if (O.isSome(failed)) return otherwise;
    const stop = ({ left }: E.Left<Failure>): A => {
      failed = O.some(left);
      return otherwise;
    };
    try {
      const given = act();
      const made = read(given);
      if (O.isSome(made)) return made.value;
      // Nobody waits for it: that it rejects is part of the same fault.
      const isPromise = given instanceof Promise;
      if (isPromise) given.catch(() => {});
      return stop(fault(stage, hook, isPromise ? 'returned a promise, which is not awaited,' : 'returned nonsense'));
    } catch (error) {
      return stop(threw(stage, hook, error));
    }
  };
  const texts = stages.filter(({ hooks }) => hooks.text !== undefined);
  const jsons = stages.filter(({ hooks }) => hooks.json !== undefined);
  const flowBy = (stage: Placed, choice: number): TextFlow => {
    const state = stateOf(answered, stage);
    const transform = safely<TextTransform | undefined>(stage, 'text', undefined, O.fromPredicate(isTransform), () =>
      stage.hooks.text?.(plus(answered, { choice }), state),
    );
    // Where there is none, there is a fault, and nothing more is run.
    return {
      push: (text) => safely<readonly TextPiece[]>(stage, 'text', [], piecesIn, () => transform?.push(text)),
      end: () => safely<readonly TextPiece[]>(stage, 'text', [], piecesIn, () => transform?.end()),
    };
  };
  /** True if JSON can say it. If it cannot, JSON throws, and that is the stage's fault. */
  const isJson = (given: unknown): given is Fields => isPlain(given) && JSON.stringify(given) !== '';
  const jsonBy = (fields: Fields, stage: Placed): Fields =>
    safely<Fields>(
      stage,
      'json',
      fields,
      (given) => (given === fields || isJson(given) ? O.some(given as Fields) : O.none),
      () => stage.hooks.json?.(plus(answered, { fields }), stateOf(answered, stage)),
    );
  return {
    json: jsons.length === 0 ? O.none : O.some((fields: Fields) => jsons.reduce(jsonBy, fields)),
    text:
      texts.length === 0
        ? O.none
        : O.some((choice: number) => texts.map((stage) => flowBy(stage, choice)).reduce(inSequence)),
    fault: () => failed,
    nothingLeft: { _tag: 'StageFault', stage: texts.at(-1)?.label ?? '', why: 'left nothing of the reply' },
  };
};

/** A reply with the changes of these stages. */
export const rewriting =
  (stages: readonly Placed[]) =>
  (answered: Answered): E.Either<Failure, Answered> => {
    const { call, plan, reply } = answered;
    const { body } = reply;
    if (call._tag !== 'Chat' || reply.status >= 300) return E.right(answered);
    const withBody = (content: Body): Answered => plus(answered, { reply: { ...reply, body: content } });
    const changes = () => changesBy(stages, answered);
    if (body._tag === 'Bytes') {
      return E.map((content: Buffer) => withBody(bytes(content)))(rewrittenWhole(call.dialect, changes(), body.bytes));
    }
    // JSON that was too long to be judged is too long to be changed.
    if (looksLikeJson(body.prefix)) return E.right(answered);
    const make = () => rewriter(call.dialect, changes(), plan.target.replyLimitBytes);
    return E.right(withBody({ ...withLayer(body, rewrittenBy(make)), length: O.none }));
  };
