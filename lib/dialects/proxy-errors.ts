/** Other proxies' errors that come as a 200 and look like a reply of the model. */
import * as O from 'fp-ts/lib/Option.js';
import { type Headers, value } from '../core/headers.js';
import type { UpstreamError } from '../core/reading.js';
import { statusOfNumber } from './error-names.js';
import { errorOfText } from './errors.js';

const MARKER = '<!-- oai-proxy-error -->';
/** The longest text of a proxy's own without the marker. */
const SHORT = 4000;

/** Whole replies that no model writes: the heading of a proxy, and the exceptions of common HTTP clients. */
const OWN_TEXTS = [
  /^(?:### )?\*\*Proxy (?:queue )?error(?: \(HTTP (\d{3})[^()\n]*\))?\*\*(?:\n|$)/,
  /^Error code: (\d{3}) - \{[\s\S]*\}$/,
  /^(?:Axios)?(?:Error: )?Request failed with status code (\d{3})$/,
  /^upstream connect error or disconnect\/reset before headers\.[^\n]*$/,
];

const HEADING_STATUS = /^.{0,40}\(HTTP (\d{3})/;

/** The error that the head of a reply names, whatever its body says. */
export const proxyErrorInHeaders = (headers: Headers): O.Option<UpstreamError> => {
  const title = value(headers, 'x-oai-proxy-error');
  if (title === '') return O.none;
  return O.some(errorOfText(title, statusOfNumber(value(headers, 'x-oai-proxy-error-status'))));
};

/** The error that the text of an event is. Only the marker at its end counts: anything else may be a model's prose. */
export const markedError = (text: string): O.Option<UpstreamError> => {
  const trimmed = text.trim();
  if (!trimmed.endsWith(MARKER)) return O.none;
  return O.some(errorOfText(trimmed.slice(0, -MARKER.length), statusOfNumber(HEADING_STATUS.exec(trimmed)?.[1])));
};

/** The error that the text of a whole reply is: by the marker, or if all of it is a proxy's own text. */
export const proxyErrorInText = (text: string): O.Option<UpstreamError> => {
  const marked = markedError(text);
  if (O.isSome(marked) || text.length > SHORT) return marked;
  const trimmed = text.trim();
  for (const own of OWN_TEXTS) {
    const found = own.exec(trimmed);
    if (found !== null) return O.some(errorOfText(trimmed, statusOfNumber(found[1])));
  }
  return O.none;
};
