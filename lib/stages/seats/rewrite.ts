/** Behind all tries: what stages change in the JSON and the text of a reply, whole or on its way. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { parse } from '../../bodies/json.js';
import { looksLikeJson } from '../../bodies/reading.js';
import { type Changes, type Piece, rewriter, rewrittenWhole, type TextFlow } from '../../bodies/rewrite.js';
import type { Fields, Seated, TextTransform } from '../../core/custom-stage.js';
import { type Answered, type Body, bytes } from '../../core/exchange.js';
import type { Failure } from '../../core/failure.js';
import { freeze, isPlain } from '../../core/freeze.js';
import type { Stage } from '../../core/stage.js';
import { type Cause, causeIn, thrown } from '../../core/thrown.js';
import { isObject } from '../../core/well-formed.js';
import { type Shown, show } from './shown.js';

const PARTS = ['text', 'reasoning'];

const isPart = (part: unknown): part is string => typeof part === 'string';

/** What a transform says; none: nonsense. Looked at once, as all that a stage gives. */
const piecesIn = (said: unknown): O.Option<readonly Piece[]> => {
  if (isPart(said)) return piecesIn({ text: said });
  if (!isPlain(said) || Object.keys(said).some((key) => !PARTS.includes(key))) return O.none;
  const { text = '', reasoning = '' } = said;
  if (!isPart(text) || !isPart(reasoning)) return O.none;
  const pieces: readonly Piece[] = [
    { kind: 'reasoning', text: reasoning },
    { kind: 'text', text },
  ];
  return O.some(pieces.filter((piece) => piece.text !== ''));
};

const isTransform = (given: unknown): given is TextTransform =>
  isObject(given) && typeof given.push === 'function' && typeof given.end === 'function';

/** What JSON says of what a stage gives: that is what the client gets, whatever else its object says. */
const fieldsIn = (given: unknown): O.Option<Fields> => {
  if (!isPlain(given)) return O.none;
  const said = O.tryCatch(() => JSON.stringify(given));
  const value = O.chain((text: string) => O.fromEither(parse(text)))(said);
  return O.filter(isPlain)(value);
};

/** `text` through the flows behind; what a stage calls reasoning is no text for them. */
const onwards = (pieces: readonly Piece[], next: TextFlow): readonly Piece[] =>
  pieces.flatMap((piece) => (piece.kind === 'text' ? next.push(piece.text) : [piece]));

const behind = (first: TextFlow, second: TextFlow): TextFlow => ({
  push: (text) => onwards(first.push(text), second),
  end: () => [...onwards(first.end(), second), ...second.end()],
});

/** A stage, and the reply as it alone is shown it: another is never blamed for what it writes there, and when. */
interface Working extends Seated {
  readonly shown: Shown<Answered>;
}

/** What these stages change in one reply. */
export const changesBy = (stages: readonly Seated[], answered: Answered): Changes => {
  let fault: O.Option<Failure> = O.none;
  /** Runs what a stage wrote; after a fault nothing more is run. */
  const safely = <A>(
    { label, shown }: Working,
    where: 'text' | 'json',
    otherwise: A,
    read: (given: unknown) => O.Option<A>,
    act: () => unknown,
  ): A => {
    if (O.isSome(fault)) return otherwise;
    const blame = (why: string, cause?: Cause): A => {
      fault = O.some({
        _tag: 'StageFault',
        stage: label,
        why: `${why} at ${where}`,
        place: where,
        ...(cause && { cause }),
      });
      return otherwise;
    };
    try {
      const given: unknown = act();
      if (shown.wasWritten()) return blame('changed what it was given, in place of giving a new value,');
      const own = read(given);
      if (O.isSome(own)) return own.value;
      return blame(given instanceof Promise ? 'gave a promise, which is not waited for,' : 'gave nonsense');
    } catch (error) {
      return blame(`threw ${thrown(error)}`, causeIn(error));
    }
  };
  const working = stages.map((stage): Working => ({ ...stage, shown: show(answered) }));
  const texts = working.filter(({ seats }) => seats.text !== undefined);
  const jsons = working.filter(({ seats }) => seats.json !== undefined);

  const flowBy = (stage: Working, index: number): TextFlow => {
    const transform = safely<TextTransform | undefined>(stage, 'text', undefined, O.fromPredicate(isTransform), () =>
      stage.seats.text?.(stage.shown.value, index),
    );
    // Where there is none, there is a fault, and nothing more is run.
    return {
      push: (text) => safely<readonly Piece[]>(stage, 'text', [], piecesIn, () => transform?.push(text)),
      end: () => safely<readonly Piece[]>(stage, 'text', [], piecesIn, () => transform?.end()),
    };
  };
  const jsonBy = (fields: Fields, stage: Working): Fields =>
    safely<Fields>(
      stage,
      'json',
      fields,
      (given) => (given === fields ? O.some(fields) : fieldsIn(given)),
      () => stage.seats.json?.(freeze(fields), stage.shown.value),
    );
  return {
    json: jsons.length === 0 ? O.none : O.some((fields: Fields) => jsons.reduce(jsonBy, fields)),
    text:
      texts.length === 0
        ? O.none
        : O.some((choice: number) => texts.map((stage) => flowBy(stage, choice)).reduce(behind)),
    fault: () => fault,
    nothingLeft: { _tag: 'StageFault', stage: texts.at(-1)?.label ?? '', why: 'left nothing of the reply' },
  };
};

/** Replies stay byte for byte. */
export const unchanged: Stage<Answered, Answered> = TE.right;

/** What these stages make of a reply; `unchanged`, where none of them changes any. */
export const rewrite = (stages: readonly Seated[]): Stage<Answered, Answered> => {
  const changing = stages.filter(({ seats }) => seats.text !== undefined || seats.json !== undefined);
  if (changing.length === 0) return unchanged;
  return (answered) => {
    const { call, plan, reply } = answered;
    if (call._tag !== 'Chat' || reply.status >= 300) return TE.right(answered);
    const { body } = reply;
    // Too long to be judged, and so to be changed.
    if (body._tag === 'Held' && looksLikeJson(body.peek)) return TE.right(answered);
    const { replyLimitBytes } = plan.target;
    const changed: E.Either<Failure, Body> =
      body._tag === 'Held'
        ? E.right({
            ...body,
            length: O.none,
            rewrite: O.some(() => rewriter(call.dialect, changesBy(changing, answered), replyLimitBytes)),
          })
        : E.map(bytes)(rewrittenWhole(call.dialect, changesBy(changing, answered), body.bytes));
    return TE.fromEither(
      E.map((content: Body): Answered => ({ ...answered, reply: { ...reply, body: content } }))(changed),
    );
  };
};
