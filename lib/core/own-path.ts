/** The paths that belong to the proxy itself, however they are spelled. */
import { splitQuery } from './route.js';

/** Decoding more than once is a mistake that servers make. */
const MAX_DECODINGS = 3;

const decoded = (path: string): string => {
  let text = path;
  for (let i = 0; i < MAX_DECODINGS && /%[0-9a-f]{2}/i.test(text); i++) {
    text = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
  return text;
};

/** The first part of a path as a server may unfold it: escapes, backslashes, dots, parameters, blanks; '' of the root. */
const firstPart = (plain: string, mergesSlashes: boolean): string => {
  const parts: string[] = [];
  for (const part of plain.split('/').slice(1)) {
    if (part === '..') parts.pop();
    else if (part !== '.' && (part !== '' || !mergesSlashes)) parts.push(part);
  }
  return parts.find((part) => part !== '') ?? '';
};

const plainPath = (pathname: string): string =>
  decoded(pathname)
    .replace(/[#?].*$/s, '')
    .replaceAll('\\', '/')
    .replace(/;[^/]*/g, '')
    .replace(/[\0-\x20]/g, '')
    .toLowerCase();

/** The paths that browsers, robots and monitors ask any server for, with all that is below them. */
const RESERVED =
  /^(?:favicon\.ico|robots\.txt|metrics|admin|\.well-known|apple-touch-icon[^/]*\.png|sitemap\.xml|browserconfig\.xml|index\.html|manifest\.json|site\.webmanifest|sw\.js|service-worker\.js)$/;

/** The page of the proxy, or an address that is its own, though there is nothing; undefined: not its own. */
export type OwnPlace = 'page' | 'nothing';

const placeOf = (first: string): OwnPlace | undefined => {
  if (first === '') return 'page';
  return RESERVED.test(first) ? 'nothing' : undefined;
};

export const ownPlace = (path: string): OwnPlace | undefined => {
  const [pathname] = splitQuery(path);
  if (!/[%\\.;#\s]/.test(pathname)) return placeOf(firstPart(pathname.toLowerCase(), true));
  const plain = plainPath(pathname);
  // Servers differ in whether `//..` goes up from an empty part.
  return placeOf(firstPart(plain, true)) ?? placeOf(firstPart(plain, false));
};
