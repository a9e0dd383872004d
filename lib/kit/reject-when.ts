/** Refuses requests, or replies, with a sentence of the user's. */

import { optional } from '../codecs/closed.js';
import { StatusCode, Text } from '../codecs/leaf.js';
import { Pattern } from '../codecs/pattern.js';
import { type Hooks, refuse } from '../core/custom-stage.js';
import type { Call } from '../core/exchange.js';
import { textsOfReply } from '../dialects/reply-text.js';
import { flaw, kitStage } from './kit-stage.js';

type Chat = Extract<Call, { _tag: 'Chat' }>;

const FIELDS = {
  model_matches: optional(Pattern, 'any', 'The pattern matches the name of the model.'),
  content_matches: optional(Pattern, 'any', "The pattern matches the user's last message."),
  reply_matches: optional(
    Pattern,
    'any',
    'The pattern matches the text of any choice of the reply. Holds each stream back until it is whole. A reply longer than `reply_limit` is passed on unread.',
  ),
  message: optional(Text, 'must be given', 'The sentence that the client gets.'),
  status: optional(StatusCode, '400; 502 for a reply', 'The status that the client gets.'),
};

export const rejectWhen = kitStage({
  name: 'reject-when',
  description:
    'Ends a request with an error if all given conditions hold: before it is sent or, with `reply_matches`, after the reply. Nothing is retried.',
  fields: FIELDS,
  example: `- use: reject-when
  with:
    model_matches: "gpt-4"
    message: "This model costs too much. Choose another."
    status: 403
`,
  check: ({ model_matches: model, content_matches: content, reply_matches: reply, message }) => {
    const some = [model, content, reply].some((condition) => condition !== undefined);
    return [
      ...(message === undefined ? [flaw('reject-when needs a message')] : []),
      ...(some ? [] : [flaw('reject-when needs a condition: model_matches, content_matches or reply_matches')]),
    ];
  },
  make: ({ model_matches: model, content_matches: content, reply_matches: reply, message = '', status }): Hooks => {
    const isMeant = ({ body, dialect }: Chat): boolean =>
      (model?.test(body.model ?? '') ?? true) && (content?.test(dialect.request.lastUserText(body)) ?? true);
    if (reply === undefined) {
      return {
        request: (e) => (e.call._tag === 'Chat' && isMeant(e.call) ? refuse(message, { status: status ?? 400 }) : e),
      };
    }
    return {
      needs: 'whole',
      reply: (e) => {
        if (e.call._tag !== 'Chat' || e.reading._tag !== 'Content' || !isMeant(e.call)) return e;
        const isBad = textsOfReply(e.call.dialect, e.reply.body).some((text) => reply.test(text));
        return isBad ? refuse(message, { status: status ?? 502 }) : e;
      },
    };
  },
});
