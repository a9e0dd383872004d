/**
 * The public face: what an author of stages imports. A file that has no package beside it gets the same as the argument
 * of the function that it exports.
 *
 * What stands here changes only with the major version.
 */
export * as E from 'fp-ts/lib/Either.js';
export * as O from 'fp-ts/lib/Option.js';
export * as TE from 'fp-ts/lib/TaskEither.js';
export * as t from 'io-ts';
export { textOfReply, viewOf } from './bodies/reply-text.js';
export { closed, optional, section, usual } from './codecs/closed.js';
export { Count, Duration, Factor, Flag, leaf, oneOf, Secret, Size, StatusCode, Text, Timeout } from './codecs/leaf.js';
export { type Match, Pattern } from './codecs/pattern.js';
export type {
  Early,
  Failed,
  Fields,
  Given,
  Gives,
  Needs,
  Objection,
  OptionsCodec,
  Said,
  Seat,
  Seats,
  StageDefinition,
  TextTransform,
  Tools,
} from './core/custom-stage.js';
export { answer, defineStage, refuse, tryAgain } from './core/custom-stage.js';
export type {
  Answered,
  Body,
  Bytes,
  Call,
  ChatBody,
  Decoded,
  Dialect,
  Held,
  Plan,
  Planned,
  Received,
  Replied,
  Reply,
  Request,
  Target,
  Ticket,
  Try,
} from './core/exchange.js';
export { bytes } from './core/exchange.js';
export type { Failure } from './core/failure.js';
export { match } from './core/failure.js';
export { type Headers, set, value, values } from './core/headers.js';
export type { Pipeline } from './core/pipeline.js';
export type { Reading } from './core/reading.js';
export { type Reason, reasons } from './core/reason.js';
export { chain, guard, type Layer, type Stage } from './core/stage.js';
export { type Edge, pipeline, type Rooms, rooms } from './pipeline.js';
