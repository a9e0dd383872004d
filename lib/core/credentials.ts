/** The credentials of a target, and what is named as one. */
import * as O from 'fp-ts/lib/Option.js';
import * as RA from 'fp-ts/lib/ReadonlyArray.js';
import type { Target } from './exchange.js';

/** With its port, and without. */
export const targetHosts = ({ url }: Pick<Target, 'url'>): readonly string[] => [
  new URL(url).host,
  new URL(url).hostname,
];

/** The secrets of a target, which no client may see. */
export const targetSecrets = ({ url, apiKey, headers }: Target): readonly string[] => [
  ...targetHosts({ url }),
  ...(O.isSome(apiKey) ? [apiKey.value] : []),
  ...Object.values(headers),
];

export const withoutScheme = (field: string): string => field.replace(/^Bearer */i, '');

/** A field that an upstream has for a credential, whatever it calls it; `x-author` and `x-max-tokens` are none. */
const CREDENTIAL = /(?:key|token|secret|auth|authorization|cookie|password)(?![a-z])/;

/** True if a header field is named as one for a credential. */
export const isCredential = (name: string): boolean => CREDENTIAL.test(name.toLowerCase());

/** True if requests bear a credential of the config. */
export const holdsCredential = ({ apiKey, headers }: Pick<Target, 'apiKey' | 'headers'>): boolean =>
  O.isSome(apiKey) || Object.keys(headers).some(isCredential);

/** The credentials of a request to a target: its key, and the fields that bear the name of one. */
export const targetKeys = ({ apiKey, headers }: Pick<Target, 'apiKey' | 'headers'>): readonly string[] => {
  const named = Object.entries(headers).filter(([name]) => isCredential(name));
  return [...RA.fromOption(apiKey), ...named.map(([, field]) => withoutScheme(field))];
};
