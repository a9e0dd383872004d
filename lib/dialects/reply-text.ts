/** The text of a reply in any form, for stages that look at it. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Dialect, TextFlow, TextPiece, View } from '../core/dialect.js';
import { type Body, bytes } from '../core/exchange.js';
import { join, nothing } from './content.js';
import { parse } from './json.js';
import { looksLikeStream, readEvents } from './reading.js';
import { type Parted, reasoningApart } from './reasoning.js';
import { rewrittenWhole } from './rewrite.js';

const inStream = (dialect: Dialect, content: Buffer): View => {
  let all = nothing;
  for (const { piece } of readEvents(dialect, content)) if (piece._tag === 'Part') all = join(all, piece);
  return all;
};

/**
 * The view of a reply: of all of it, or of the beginning of a stream that was held back so far. Of what is no reply,
 * nothing.
 */
export const viewOf = (dialect: Dialect, body: Body): View => {
  const content = body._tag === 'Bytes' ? body.bytes : body.prefix;
  if (looksLikeStream(content)) return inStream(dialect, content);
  const value = parse(content);
  if (E.isLeft(value)) return nothing;
  return O.getOrElse(() => nothing)(dialect.reply.view(dialect.reply.normalize(value.right)));
};

/** The text of each choice that has any, in the order of their numbers: a stream may begin with any of them. */
export const textsOfReply = (dialect: Dialect, body: Body): readonly string[] =>
  [...viewOf(dialect, body).texts].sort((a, b) => a.choice - b.choice).map(({ text }) => text);

/** The text of the first choice. */
export const textOfReply = (dialect: Dialect, body: Body): string => textsOfReply(dialect, body)[0] ?? '';

/** A whole reply after this change of its text; none: nothing is left. */
const leftOf = (dialect: Dialect, reply: Buffer, flow: () => TextFlow): O.Option<Buffer> => {
  const nothingLeft = { _tag: 'StageFault', stage: '', why: '' } as const;
  const changes = { json: O.none, text: O.some(flow), fault: () => O.none, nothingLeft };
  return O.fromEither(rewrittenWhole(dialect, changes, reply));
};

/** Whether a whole reply has text and nothing else that was asked for: no tool call, refusal, sound or picture. */
export const isOnlyText = (dialect: Dialect, reply: Buffer): boolean => {
  const isSaid = (content: Buffer) => viewOf(dialect, bytes(content)).facts.content;
  const left = leftOf(dialect, reply, () => ({ push: () => [], end: () => [] }));
  return isSaid(reply) && !O.exists(isSaid)(left);
};

/** Whether a whole reply is only reasoning between tags, and was not cut. */
export const onlyThinks = (dialect: Dialect, reply: Buffer): boolean => {
  const flow = (): TextFlow => {
    const { push, end } = reasoningApart();
    const said = ({ text }: Parted): readonly TextPiece[] => [{ kind: 'text', text }];
    return { push: (text) => said(push(text)), end: () => said(end()) };
  };
  return O.isNone(leftOf(dialect, reply, flow));
};
