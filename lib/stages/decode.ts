/** Reads a request by its route and dialect. The bytes stay the truth: what is forwarded is what came. */
import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import type { ChatBody, Dialect } from '../core/dialect.js';
import type { Call, Decoded, Received, Request } from '../core/exchange.js';
import { clientError, type Failure } from '../core/failure.js';
import { plus } from '../core/plus.js';
import type { Stage } from '../core/stage.js';
import { readChat } from '../dialects/request.js';
import { routed } from '../dialects/route.js';

const chat = (dialect: Dialect, content: Buffer): E.Either<Failure, Call> =>
  E.bimap(
    (says: string): Failure => clientError(400, says),
    (body: ChatBody): Call => ({ _tag: 'Chat', dialect, body, stream: dialect.request.asksForStream(body) }),
  )(readChat(dialect, content));

const callOf = ({ method, path, headers, body }: Request): E.Either<Failure, Call> => {
  const { dialect, operation } = routed(path, headers);
  if (body._tag === 'Bytes' && operation === 'chat') return chat(dialect, body.bytes);
  return E.right({ _tag: operation === 'models' && method === 'GET' ? 'Models' : 'Other', dialect });
};

export const decode: Stage<Received, Decoded> = (received) =>
  TE.fromEither(E.map((call: Call): Decoded => plus(received, { call }))(callOf(received.request)));
