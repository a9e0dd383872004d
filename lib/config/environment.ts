/** `${NAME}` and `${NAME:-default}` in the texts of a config. */
import * as t from 'io-ts';
import { isCredential } from '../core/credentials.js';
import type { Finding, Path } from './report.js';

export type Env = Readonly<Record<string, string | undefined>>;

/** In this order: a literal `${`, a variable, and a `${` that begins neither. */
const REFERENCE = /\$(\$\{)|\$\{([A-Za-z_]\w*)(?::-((?:(?!\$\{)[^}])*))?\}|\$\{/g;

interface Filled {
  readonly value: Readonly<Record<string, unknown>>;
  readonly missing: readonly Finding[];
}

const BAD_REFERENCE = `expected \${NAME} or \${NAME:-default}; a plain \${ is written $\${`;

const empty = (name: string): string => `is empty; write \${${name}:-} if it may be`;

/**
 * The same tree with every text filled in. As in a shell, `:-` also stands in for a variable that is empty. A
 * reference that cannot be filled in is left as it is, and reported; so is an empty variable without a default for a key.
 */
export const interpolate = (tree: Filled['value'], env: Env): Filled => {
  const missing: Finding[] = [];
  const text = (whole: string, path: Path): string =>
    whole.replace(REFERENCE, (reference: string, literal?: string, name?: string, fallback?: string) => {
      if (literal !== undefined) return literal;
      const value = name !== undefined && Object.hasOwn(env, name) ? env[name] : undefined;
      if (fallback !== undefined) return value || fallback;
      // Nothing at all is what no one means there: the client's own key would be sent, or none.
      const isEmpty = value?.trim() === '' && isCredential(path.at(-1) as string);
      if (value !== undefined && !isEmpty) return value;
      const says =
        name === undefined ? BAD_REFERENCE : `the environment variable ${name} ${isEmpty ? empty(name) : 'is not set'}`;
      missing.push({ path, at: 'value', says });
      return reference;
    });
  const node = (value: unknown, path: Path): unknown => {
    if (typeof value === 'string') return text(value, path);
    if (Array.isArray(value)) return value.map((item, i) => node(item, [...path, String(i)]));
    return t.UnknownRecord.is(value) ? record(value, path) : value;
  };
  const record = (values: Filled['value'], path: Path): Filled['value'] =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, node(value, [...path, key])]));
  return { value: record(tree, []), missing };
};

/** The text that `interpolate` turns into this one. */
export const literal = (text: string): string => text.replaceAll('${', () => `$\${`);
