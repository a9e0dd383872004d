/** YAML text as a tree of plain values, of which each knows its place. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import { isAlias, isMap, isSeq, LineCounter, type Document as Parsed, parseDocument } from 'yaml';
import { type Finding, type Place, type Problem, problem } from './report.js';
import { flaws, offset } from './syntax.js';

export interface Document {
  readonly value: Readonly<Record<string, unknown>>;
  /** The place of a finding; for a key that was not written, the place of its section. */
  readonly place: (finding: Pick<Finding, 'path' | 'at'>) => Place;
}

const offsetOf = (document: Parsed, { path, at }: Pick<Finding, 'path' | 'at'>): number => {
  let node: unknown = document.contents;
  let found = offset(node, 0);
  for (const [depth, key] of path.entries()) {
    const inner: unknown = isAlias(node) ? node.resolve(document) : node;
    if (isMap<{ value: unknown }>(inner)) {
      const pair = inner.items.find((each) => each.key.value === key);
      found = offset(at === 'key' && depth === path.length - 1 ? pair?.key : pair?.value, found);
      node = pair?.value;
    } else {
      node = isSeq(inner) ? inner.items[Number(key)] : undefined;
      found = offset(node, found);
    }
  }
  return found;
};

/** The tree of a config file, or everything that is wrong with its syntax. */
export const parse = (text: string, file: string): E.Either<readonly Problem[], Document> => {
  const lines = new LineCounter();
  const placeAt = (position: number): Place => {
    const { line, col } = lines.linePos(position);
    return { file, line, column: col };
  };
  const at = (position: number, says: string) => problem(O.some(placeAt(position)), [], says);

  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    resolveKnownTags: false,
  });
  const errors = flaws(document, text, lines).map(([position, says]) => at(position, says));
  if (errors.length > 0) return E.left(errors);

  const value = E.tryCatch(
    (): unknown => document.toJS(),
    () => [at(0, 'expected fewer aliases (*name): they multiply')],
  );
  if (E.isLeft(value)) return value;
  return t.UnknownRecord.is(value.right)
    ? E.right({ value: value.right, place: (finding) => placeAt(offsetOf(document, finding)) })
    : E.left([at(offset(document.contents, 0), 'expected a map with keys such as target_proxy')]);
};
