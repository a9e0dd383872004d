/** Room 1: views the request by its route and dialect. The bytes stay the truth: what is forwarded is what came. */
import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import type { Call, Decoded, Dialect, Received, Request } from '../core/exchange.js';
import { clientError, type Failure } from '../core/failure.js';
import { plus } from '../core/plus.js';
import { dialectOf, routeOf } from '../core/route.js';
import type { Stage } from '../core/stage.js';
import { parse } from '../dialects/json.js';
import { chatBody } from '../dialects/request.js';

const notJson = {
  'too deep': 'The body is nested too deeply.',
  'too many parts': 'The body has too many arrays and objects.',
  'not json': 'The body is not valid JSON.',
} as const;

const chat = (dialect: Dialect, content: Buffer): E.Either<Failure, Call> => {
  const parsed = parse(content);
  if (E.isLeft(parsed)) return E.left(clientError(400, notJson[parsed.left]));
  const body = chatBody(parsed.right);
  return E.isLeft(body)
    ? E.left(clientError(400, body.left))
    : E.right({ _tag: 'Chat', dialect, body: body.right, stream: body.right.stream === true });
};

const callOf = ({ method, path, headers, body }: Request): E.Either<Failure, Call> => {
  const dialect = dialectOf(path, headers);
  const route = routeOf(path);
  if (body._tag === 'Bytes' && (route === 'chat' || route === 'messages')) return chat(dialect, body.bytes);
  return E.right({ _tag: route === 'models' && method === 'GET' ? 'Models' : 'Other', dialect });
};

export const decode: Stage<Received, Decoded> = (received) =>
  TE.fromEither(E.map((call: Call): Decoded => plus(received, { call }))(callOf(received.request)));
