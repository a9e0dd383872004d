/** Errors in a body, in all the shapes that upstreams are seen to send. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import { fromRaw, type Headers } from '../core/headers.js';
import { goDuration } from '../core/hints.js';
import type { UpstreamError } from '../core/reading.js';
import { isFilled } from './content.js';
import {
  nameOfBaseCode,
  namesFilter,
  namesQuota,
  statusOfLongCode,
  statusOfName,
  statusOfNumber,
} from './error-names.js';
import { parse } from './json.js';
import { eventsIn } from './stream-reader.js';

/** The longest text of an error that is shown. */
const TEXT_LIMIT = 4000;
/** How much of a page that is not JSON is read; its title stands at its beginning. */
const PAGE_LIMIT_BYTES = 65_536;

/** The text without white space around it, and no longer than the text of an error may be. */
export const bounded = (text: string): string => text.trim().slice(0, TEXT_LIMIT);

/** The error that a text is. `came` is the status that it came with, if it names none. */
export const errorOfText = (text: string, status: O.Option<number> = O.none, came = status): UpstreamError => ({
  text: bounded(text),
  status,
  quota: namesQuota([], text),
  hintMs: O.none,
  filtered: namesFilter([], text, came),
});

const Layer = t.UnknownRecord;
type Layer = t.TypeOf<typeof Layer>;

/** The error in MiniMax's `base_resp`, which stands in good replies too, with the code 0. */
const baseError = ({ base_resp: base }: Layer): O.Option<Layer> =>
  Layer.is(base) && isFilled(String(base.status_code ?? '')) && Number(base.status_code) !== 0
    ? O.some({ message: base.status_msg, code: nameOfBaseCode(base.status_code) })
    : O.none;

/** The objects that wrap an error and the error itself, the innermost first; of a list, its first entry counts. */
const layersOf = (value: unknown): readonly Layer[] => {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof first === 'string') return [{ message: first }];
  if (!Layer.is(first)) return [];
  const inner = [first.error, first.errors, first.detail].find(isFilled);
  const base = baseError(first);
  return [...layersOf(inner), ...(O.isSome(base) ? [base.value] : []), first];
};

const first = <A>(layers: readonly Layer[], keys: readonly string[], read: (value: unknown) => O.Option<A>) => {
  for (const layer of layers) {
    for (const key of keys) {
      const found = read(layer[key]);
      if (O.isSome(found)) return found;
    }
  }
  return O.none;
};

const words = (value: unknown): O.Option<string> =>
  typeof value === 'string' && isFilled(value) ? O.some(value) : O.none;

/** Google's `RetryInfo`, one of the error's `details`. */
const retryDelay = (details: unknown): O.Option<number> => {
  if (!Array.isArray(details)) return O.none;
  const delays = details.filter(Layer.is).map((detail) => O.chain(goDuration)(words(detail.retryDelay)));
  return delays.find(O.isSome) ?? O.none;
};

const NAMES = ['status', 'code', 'type'] as const;
const WORDS = ['message', 'msg', 'error_description', 'error_message', 'error_msg', 'errmsg'] as const;
const NUMBERS = ['code', 'status', 'status_code', 'statusCode', 'http_code', 'error_code', 'http_status'] as const;

/** The words of a gateway that repeats an error beside them. */
const SAYS_NOTHING = /^(error from provider: )?provider returned (an )?error[.:]?$/i;

/** The error of the provider behind a gateway whose own words say nothing: a text that may be JSON, or an object. */
const rawLayers = (layers: readonly Layer[], text: string): readonly Layer[] => {
  if (!SAYS_NOTHING.test(text.trim())) return [];
  const metadata = layers.map((layer) => layer.metadata).find(Layer.is);
  const raw = metadata?.raw;
  if (typeof raw !== 'string') return layersOf(raw);
  const value = parse(raw);
  return E.isRight(value) ? layersOf(value.right) : [{ message: pageText(Buffer.from(raw)).text }];
};

/** The header fields that a gateway got and repeats: strings and numbers alone. */
const fieldsIn = (layers: readonly Layer[]): Headers | undefined => {
  const fields = layers.flatMap(({ metadata }) => (Layer.is(metadata) ? [metadata.headers] : [])).find(Layer.is);
  if (fields === undefined) return undefined;
  return fromRaw(
    Object.entries(fields).flatMap(([name, field]) =>
      /^(string|number)$/.test(typeof field) ? [name, `${field}`] : [],
    ),
  );
};

const statusIn = (layers: readonly Layer[]): O.Option<number> => {
  const number = first(layers, NUMBERS, statusOfNumber);
  if (O.isSome(number)) return number;
  const long = first(
    layers.filter(({ object }) => object === 'error'),
    NUMBERS,
    statusOfLongCode,
  );
  return O.isSome(long) ? long : first(layers, NAMES, statusOfName);
};

const errorOfLayers = (own: readonly Layer[], came: O.Option<number> = O.none): UpstreamError => {
  const says = O.getOrElse(() => '')(first(own, WORDS, words));
  const raw = rawLayers(own, says);
  const layers = [...raw, ...own];
  const text = O.getOrElse(() => '')(first(layers, WORDS, words));
  const names = layers.flatMap((layer) => NAMES.map((key) => layer[key])).filter(t.string.is);
  // A gateway's own status is of what it sends, and the one behind it may be of another try.
  const status = O.alt(() => statusIn(raw))(statusIn(own));
  const fields = fieldsIn(layers);
  return {
    text: bounded(text),
    status,
    quota: namesQuota(names, text),
    hintMs: first(layers, ['details'], retryDelay),
    ...(fields && { fields }),
    filtered: namesFilter(names, text, O.isSome(came) ? came : status),
  };
};

/** Whether an `error` says anything: some upstreams send an empty one, or one of nulls, with every reply. */
const isError = (value: unknown): boolean => {
  if (!Layer.is(value)) return isFilled(value);
  return Object.values(value).some((fact) => typeof fact === 'number' || isFilled(fact));
};

const isErrorWithoutReply = (value: Layer): boolean =>
  value.type === 'error' ||
  isFilled(value.errors) ||
  isFilled(value.detail) ||
  O.isSome(first([value], WORDS, words)) ||
  O.isSome(first([value], NUMBERS, statusOfNumber));

const isErrorAnywhere = (value: Layer): boolean =>
  isError(value.error) || value.object === 'error' || O.isSome(baseError(value));

/**
 * The error that a parsed body or event holds. Where it `isReply` otherwise, only an `error` counts, its own or that
 * of a choice, and what has no other use: `message`, `detail` and `code` may be anything there.
 */
export const errorIn = (value: unknown, isReply: boolean): O.Option<UpstreamError> => {
  if (Array.isArray(value)) return Layer.is(value[0]) ? errorIn(value[0], isReply) : O.none;
  if (!Layer.is(value)) return O.none;
  if (isErrorAnywhere(value) || (!isReply && isErrorWithoutReply(value))) return O.some(errorOfLayers(layersOf(value)));
  const choices: readonly unknown[] = Array.isArray(value.choices) ? value.choices : [];
  const failed = choices.filter(Layer.is).find((choice) => isError(choice.error));
  return failed === undefined ? O.none : O.some(errorOfLayers(layersOf(failed)));
};

const titleOf = (html: string): string => {
  // `[^<>]` rather than `[^>]`: a page of unclosed tags must not cost quadratic time.
  const title = /<title[^<>]*>([^<]+)/i.exec(html) ?? /<h1[^<>]*>(.{1,500}?)<\/h1/is.exec(html);
  return (title?.[1] ?? '').replace(/<[^<>]*>/g, ' ');
};

/** The words of a body that is not JSON: a page's title, or the text itself. */
export const pageText = (body: Buffer): { readonly isHtml: boolean; readonly text: string } => {
  const page = body
    .toString('utf8', 0, PAGE_LIMIT_BYTES)
    .replace(/^\uFEFF/, '')
    .trim();
  const isHtml = page.startsWith('<');
  return { isHtml, text: bounded(isHtml ? titleOf(page) : page) };
};

const FIELD = /^\s*([\w-]*)\s*:\s*(.*)$/s;

/** Fields that are not made for errors: there only counts what calls itself an error. */
const OTHERWISE_USED: ReadonlySet<string> = new Set(['', 'event', 'id', 'retry']);

const errorInField = (line: string): O.Option<UpstreamError> => {
  const [, field = '', value = line] = FIELD.exec(line) ?? [];
  const isCalledError = /^(?:error|exception)$/i.test(field);
  if (!isCalledError && !value.trimStart().startsWith('{')) return O.none;
  const parsed = parse(value);
  if (E.isRight(parsed)) {
    return errorIn(isCalledError ? { error: parsed.right } : parsed.right, isCalledError || OTHERWISE_USED.has(field));
  }
  return isCalledError && isFilled(value) ? O.some(errorOfText(value)) : O.none;
};

/** The error in a block of lines without `data`, under whatever field. */
export const errorInFields = (block: Buffer): O.Option<UpstreamError> => {
  if (!block.includes('{') && !/error|exception/i.test(block.toString('latin1', 0, PAGE_LIMIT_BYTES))) return O.none;
  for (const line of block.toString('utf8', 0, PAGE_LIMIT_BYTES).split(/[\r\n]+/)) {
    const error = errorInField(line);
    if (O.isSome(error)) return error;
  }
  return O.none;
};

/** The error in an SSE body: its first event that parses, or that has one under another field than `data`. */
const errorOfEvents = (body: Buffer, came: O.Option<number>): O.Option<UpstreamError> => {
  for (const { data, raw } of eventsIn(body.subarray(0, PAGE_LIMIT_BYTES))) {
    const value = O.isSome(data) ? parse(data.value) : E.left('not json');
    if (E.isRight(value)) return O.some(errorOfLayers(layersOf(value.right), came));
    const error = O.isSome(data) ? O.none : errorInFields(raw);
    if (O.isSome(error)) return error;
  }
  return O.none;
};

/** The error that the body of a 4xx or 5xx says, in whatever shape. */
export const readError = (body: Buffer, httpStatus: number): UpstreamError => {
  const came = O.some(httpStatus);
  const value = parse(body);
  if (E.isRight(value)) return errorOfLayers(layersOf(value.right), came);
  return O.getOrElse(() => errorOfText(pageText(body).text, O.none, came))(errorOfEvents(body, came));
};
