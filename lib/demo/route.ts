/** Which request is answered with what. */
import { say } from './answers/answer.js';
import { goodMessage } from './answers/message.js';
import { error } from './answers/openai.js';
import { echo, echoBody, embeddings, modelList, speech, textCompletion } from './answers/other.js';
import { type Ask, ask } from './ask.js';
import { modelNames, scriptOf } from './catalogue.js';
import { counter } from './counter.js';
import { defaultModel } from './default-model.js';
import { playedAt, WELL, type Wish, wish, wishInModel } from './model-name.js';
import type { WireRequest } from './request.js';
import type { Script } from './script.js';
import { json } from './wire.js';

/** Answers well, and fails now and then. */
export const DEFAULT_MODEL = 'seaking-demo';

export interface Answer {
  /** What the attempt is remembered by. */
  readonly id: string;
  /** The name of what is played. */
  readonly played: string;
  readonly script: Script;
}

const REMEMBERED_IDS = 10_000;

const chat = (asked: Ask): Script => say(asked, goodMessage(asked.prompt, asked.prefill));
const models = (): Script => json(modelList([DEFAULT_MODEL, ...modelNames]));
const tell = ({ request }: Ask): Script => echo(request);
const tellBody = ({ request }: Ask): Script => echoBody(request);

/** By method and path; a `/v1` in front makes no difference. */
const ROUTES: Readonly<Record<string, (asked: Ask) => Script>> = {
  'POST /chat/completions': chat,
  'POST /messages': chat,
  'POST /completions': textCompletion,
  'POST /embeddings': embeddings,
  'POST /audio/speech': speech,
  'GET /models': models,
  'POST /echo': tellBody,
  'PUT /echo': tellBody,
  'PATCH /echo': tellBody,
  'DELETE /echo': tell,
  'OPTIONS /echo': tell,
};

const unknownRoute = ({ request }: Ask): Script =>
  json(error(`There is no ${request.method} ${request.path}.`, 'invalid_request_error', 'not_found'), 404);

const unknownName = (name: string): Script =>
  json(error(`The demo knows no '${name}'.`, 'invalid_request_error', 'model_not_found'), 404);

/** The path without its query, doubled slashes and version; and the query. */
const located = (target: string): { readonly path: string; readonly query: URLSearchParams } => {
  const [path = '', query = ''] = target.split('?', 2);
  return { path: path.replace(/\/{2,}/g, '/').replace(/^\/v1(?=\/)/, ''), query: new URLSearchParams(query) };
};

const good = (asked: Ask, path: string): Script => {
  const { method } = asked.request;
  const readsAnything = method === 'GET' || method === 'HEAD' ? tell : unknownRoute;
  return (ROUTES[`${method} ${path}`] ?? readsAnything)(asked);
};

/** The header field and the query parameter that ask for a fault where no model name can; they win over it. */
const wished = (asked: Ask, query: URLSearchParams): Wish | undefined => {
  const named = asked.request.headers['x-demo-fault'] ?? query.get('demo_fault');
  return named ? wish(named) : wishInModel(asked.model);
};

/** Remembers what was answered, so that each request meets its turn. */
export const router = (delayMs: number): ((request: WireRequest) => Answer) => {
  const counts = counter(REMEMBERED_IDS);
  const defaultTurn = defaultModel();
  return (request) => {
    const { path, query } = located(request.path);
    const asked = ask(request, path === '/messages' ? 'anthropic' : 'openai', delayMs);
    const answer = (id: string, name: string): Answer => {
      const script = name === WELL ? good(asked, path) : (scriptOf(name)?.(asked) ?? unknownName(name));
      return { id, played: name, script };
    };
    const wish = wished(asked, query);
    if (wish !== undefined) return answer(wish.id, playedAt(wish, counts.next(wish.id)));
    if (asked.model === DEFAULT_MODEL) return answer(asked.model, defaultTurn(request.body));
    return answer(asked.model || path, WELL);
  };
};
