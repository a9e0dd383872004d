/** The answer to each request. */
import { say } from './answers/answer.js';
import * as gemini from './answers/gemini.js';
import { goodText, saying } from './answers/message.js';
import { error } from './answers/openai.js';
import {
  echo,
  echoBody,
  embeddings,
  geminiEmbeddings,
  modelList,
  predictions,
  speech,
  textCompletion,
  tokenCount,
} from './answers/other.js';
import { type Ask, ask, type Located } from './ask.js';
import { modelNames, scriptOf } from './catalogue.js';
import { counter } from './counter.js';
import { defaultModel } from './default-model.js';
import { playedAt, WELL, type Wish, wish, wishInModel } from './model-name.js';
import type { WireRequest } from './request.js';
import type { Script } from './script.js';
import { json } from './wire.js';

/** Answers well. SillyTavern sorts a list by its names and takes the first, which this is in that order too. */
const GOOD_MODEL = 'demo';

/** Answers well, and fails now and then. */
export const DEFAULT_MODEL = 'seaking-demo';

export interface Answer {
  /** The name that the attempt is remembered by; the header field `x-demo-id` wins. */
  readonly id: string;
  /** The name of what is played. */
  readonly played: string;
  readonly script: Script;
}

const REMEMBERED_IDS = 10_000;

/** The text of the good answer to a request; undefined: the demo's own words. */
export type Says = (request: WireRequest) => string | undefined;

const chat = (asked: Ask, says: Says): Script =>
  say(asked, saying(says(asked.request) ?? goodText(asked.prompt), asked.prefill));
const ids = [GOOD_MODEL, DEFAULT_MODEL, ...modelNames];
const models = (): Script => json(modelList(ids));
const geminiModels = (): Script => json(gemini.modelList(ids));
const describe = ({ request }: Ask): Script => echo(request);
const tellBody = ({ request }: Ask): Script => echoBody(request);

/** The routes by method and path; a `/v1` in front makes no difference. Google's are named by what follows the model. */
const ROUTES: Readonly<Record<string, (asked: Ask, says: Says) => Script>> = {
  'POST /chat/completions': chat,
  'POST /messages': chat,
  'POST /messages/count_tokens': tokenCount,
  'POST /completions': textCompletion,
  'POST /embeddings': embeddings,
  'POST /audio/speech': speech,
  'GET /models': models,
  'POST :generateContent': chat,
  'POST :streamGenerateContent': chat,
  'POST :batchEmbedContents': geminiEmbeddings,
  'POST :predict': predictions,
  'GET /v1beta/models': geminiModels,
  'POST /echo': tellBody,
  'PUT /echo': tellBody,
  'PATCH /echo': tellBody,
  'DELETE /echo': describe,
  'OPTIONS /echo': describe,
};

const unknownRoute = ({ request }: Ask): Script =>
  json(error(`There is no ${request.method} ${request.path}.`, 'invalid_request_error', 'not_found'), 404);

const unknownName = (name: string): Script =>
  json(
    error(
      `The demo knows no '${name}'. Its names: seaking-proxy demo --list`,
      'invalid_request_error',
      'model_not_found',
    ),
    404,
  );

/** Google's way to name a model and what is asked of it; of AI Studio, or of Vertex. */
const GEMINI = /^\/v\d+[a-z]*\/(?:.+\/)?models\/([^/]+)(:(?:(stream)?generateContent|batchEmbedContents|predict))$/i;

interface Place extends Located {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** The target of a request: the path without its query, doubled slashes and version, or Google's verb; and the query. */
const located = (target: string): Place => {
  const [before = '', text = ''] = target.split('?', 2);
  const query = new URLSearchParams(text);
  const path = before.replace(/\/{2,}/g, '/');
  const google = GEMINI.exec(path);
  if (google !== null) {
    const [, model = '', verb = '', streamed] = google;
    return { path: verb, query, dialect: 'gemini', model, stream: streamed !== undefined };
  }
  const short = path.replace(/^\/v1(?=\/)/, '');
  return { path: short, query, dialect: /^\/messages(\/|$)/.test(short) ? 'anthropic' : 'openai' };
};

const good = (asked: Ask, path: string, says: Says): Script => {
  const { method } = asked.request;
  const readsAnything = method === 'GET' || method === 'HEAD' ? describe : unknownRoute;
  return (ROUTES[`${method} ${path}`] ?? readsAnything)(asked, says);
};

/** The header field and the query parameter that ask for a fault where no model name can; they win over it. */
const wished = (asked: Ask, query: URLSearchParams): Wish | undefined => {
  const named = asked.request.headers['x-demo-fault'] ?? query.get('demo_fault');
  return named ? wish(named) : wishInModel(asked.model);
};

/** Remembers what was answered, so that each request meets its turn. */
export const router = (delayMs: number, says: Says): ((request: WireRequest) => Answer) => {
  const counts = counter(REMEMBERED_IDS);
  const defaultTurn = defaultModel();
  return (request) => {
    const place = located(request.path);
    const { path, query } = place;
    const asked = ask(request, place, delayMs);
    const answer = (id: string, name: string): Answer => {
      const script = name === WELL ? good(asked, path, says) : (scriptOf(name)?.(asked) ?? unknownName(name));
      return { id: request.headers['x-demo-id'] ?? id, played: name, script };
    };
    const wish = wished(asked, query);
    if (wish !== undefined) return answer(wish.id, playedAt(wish, counts.next(wish.id)));
    if (asked.model === DEFAULT_MODEL) return answer(asked.model, defaultTurn(request.body));
    return answer(asked.model || path, WELL);
  };
};
