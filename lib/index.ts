/// <reference types="node" preserve="true" />
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
export {
  type Defaulted,
  type Field as OptionField,
  type Fields as OptionFields,
  type Filled,
  type Nested,
  type Optional,
  optional,
  type Written,
  withDefault,
} from './codecs/closed.js';
export {
  Count,
  Duration,
  Factor,
  Flag,
  type Leaf,
  leaf,
  oneOf,
  Secret,
  Size,
  StatusCode,
  Text,
  Timeout,
} from './codecs/leaf.js';
export { closed, section } from './codecs/options.js';
export { type Match, Pattern } from './codecs/pattern.js';
export type { Attempt } from './core/attempt.js';
export type {
  Attempting,
  Choosing,
  Early,
  Failed,
  Finished,
  Gives,
  Hook,
  HookFunction,
  Hooks,
  Needs,
  Objection,
  OptionsCodec,
  Outcome,
  Parsed,
  Refused,
  Said,
  StageDefinition,
  TextTransform,
  Tools,
  Usage,
} from './core/custom-stage.js';
export { answer, defineStage, failures, refuse, tryAgain } from './core/custom-stage.js';
export type { ChatBody, ChoiceText, Dialect, Fields, View } from './core/dialect.js';
export type { Event, RequestSummary } from './core/event.js';
export type {
  Answered,
  Body,
  Bytes,
  Call,
  Decoded,
  Held,
  Plan,
  Planned,
  Received,
  Replied,
  Reply,
  Request,
  Target,
  Timeouts,
  Try,
} from './core/exchange.js';
export { bytes } from './core/exchange.js';
export type { Failure, Simple, Unwanted } from './core/failure.js';
export { match } from './core/failure.js';
export { type Headers, set, value, values } from './core/headers.js';
export type { Reading, StreamFacts, UpstreamError } from './core/reading.js';
export { type Reason, type Row, reasons } from './core/reason.js';
export type { Schedule, Status } from './core/schedule.js';
export type { Cause } from './core/thrown.js';
export type { Warning } from './core/warning.js';
export { textOfReply, viewOf } from './dialects/reply-text.js';
