/** The problems of a text as YAML, in plain words, at the place where its writer can mend them. */
import {
  type Document,
  type ErrorCode,
  isCollection,
  isNode,
  isPair,
  isScalar,
  type LineCounter,
  type Node,
  type Pair,
  type Scalar,
  visit,
  type YAMLError,
} from 'yaml';
import { isKnown, isSection } from './known-keys.js';

/** An offset in the text, and what is wrong there. */
export type Flaw = readonly [offset: number, says: string];

/** The parser's own messages quote the text, which may be a key's. */
export const SYNTAX_MESSAGES: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias (*name) has no anchor or tag of its own',
  BAD_ALIAS: 'this alias (*name) is not complete',
  BAD_COLLECTION_TYPE: 'this tag (!name) does not fit what follows it',
  BAD_DIRECTIVE: 'a line that begins with % is not understood',
  BAD_DQ_ESCAPE: "unknown escape after \\ in double quotes; single quotes ('…') take a \\ as it is",
  BAD_INDENT: 'the indentation does not fit the lines around, or a closing bracket is missing',
  BAD_PROP_ORDER: 'an anchor (&name) or a tag (!name) stands at the wrong place',
  BAD_SCALAR_START: 'a text that begins with this character must stand in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a second "key: value" begins here; a text with ": " in it must stand in quotes',
  BLOCK_IN_FLOW: 'a list or map over several lines cannot stand inside brackets',
  DUPLICATE_KEY: 'this key stands here for the second time',
  IMPOSSIBLE: 'this cannot be read as YAML',
  KEY_OVER_1024_CHARS: 'this key is too long; is a line break missing?',
  MISSING_CHAR: `a quote, a bracket, a comma or a colon is missing; in brackets, write "\${NAME}" in quotes`,
  MULTILINE_IMPLICIT_KEY: 'expected "key: value" on one line; is the space after the colon missing?',
  MULTIPLE_ANCHORS: 'one value has two anchors (&name)',
  MULTIPLE_DOCS: 'a second document begins here (---); a config is one',
  MULTIPLE_TAGS: 'one value has two tags (!name)',
  NON_STRING_KEY: 'expected a word as the key',
  RESOURCE_EXHAUSTION: 'lists or maps are nested too deeply',
  TAB_AS_INDENT: 'a tab stands here; YAML is indented with spaces',
  TAG_RESOLVE_FAILED: 'this tag (!name) is not known',
  UNEXPECTED_TOKEN: 'this does not belong here',
};

const NO_SPACE = 'a space is missing after the colon; expected "key: value"';
const OPEN_QUOTE = 'the quote that begins here is not closed on its line';
const OPEN_BRACKET = 'the bracket that begins here is not closed';

/** A word and a colon, and right after it what was meant as its value; not a URL. */
const GLUED = /^([\w-]+):(?!\/\/)(?=\S)/;

const TOO_DEEP = 'this line is indented further than the key above it, which has a value already';

/** The line after a value, if it is taken for more of that value. */
const lineBehind = (text: string, at: number): Flaw | undefined => {
  const isValue = text.slice(text.lastIndexOf('\n', at) + 1, at).includes(': ');
  const rest = isValue ? /^(?!.*: ).*\n\s*/.exec(text.slice(at)) : null;
  return rest === null ? undefined : [at + rest[0].length, TOO_DEEP];
};

/** The offset at which the parser found a node; one without a place has that of what is around it. */
export const offset = (node: unknown, around: number): number => {
  const [start = around] = (isNode(node) && node.range) || [];
  return start;
};

const isQuoted = ({ type }: Scalar): boolean => type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE';

const nodesOf = (document: Document): readonly Node[] => {
  const nodes: Node[] = [];
  visit(document, { Node: (_, node) => void nodes.push(node) });
  return nodes;
};

/** The beginning of a quote or bracket whose end the parser missed here. */
const opening = (document: Document, text: string, { code, pos: [at] }: YAMLError): Flaw | undefined => {
  if (code !== 'MISSING_CHAR' && code !== 'BAD_INDENT') return undefined;
  let bracket: Flaw | undefined;
  for (const node of nodesOf(document)) {
    const [start, end] = node.range as [number, number, number];
    if (isScalar(node) && isQuoted(node) && end === at) return [start, OPEN_QUOTE];
    if (isCollection(node) && node.flow && start < at && end <= at && !/[\]}]/.test(text.charAt(end - 1)))
      bracket = [start, OPEN_BRACKET];
  }
  return bracket;
};

/** The line of the key before it that says the same. */
const firstLine = (document: Document, at: number, lines: LineCounter): number => {
  let line = 0;
  visit(document, {
    Map: (_, { items }) => {
      const keys = items.map(({ key }) => key as Scalar);
      const second = keys.find((key) => offset(key, -1) === at);
      const first = keys.find(({ value }) => value === second?.value);
      if (second !== undefined) line = lines.linePos(offset(first, 0)).line;
    },
  });
  return line;
};

const explained =
  (document: Document, text: string, lines: LineCounter) =>
  (error: YAMLError): Flaw => {
    const { code, pos } = error;
    const [at] = pos;
    const begun = opening(document, text, error);
    if (begun !== undefined) return begun;
    if ((code === 'MULTILINE_IMPLICIT_KEY' || code === 'MISSING_CHAR') && GLUED.test(text.slice(at)))
      return [at, NO_SPACE];
    const behind = code.endsWith('_IMPLICIT_KEY') ? lineBehind(text, at) : undefined;
    if (behind !== undefined) return behind;
    if (code === 'DUPLICATE_KEY')
      return [at, `${SYNTAX_MESSAGES[code]}; the first stands in line ${firstLine(document, at, lines)}`];
    return [at, SYNTAX_MESSAGES[code]];
  };

const BAD_ALIAS = 'expected an alias (*name) of an anchor (&name) that stands before it, and not around it';
const MERGE_KEY =
  'merge keys (<<) are not supported; write the keys themselves, or an alias (*name) as the whole value';

type Around = readonly (Document | Node | Pair)[];

/** True if a text stands where a map belongs: for the whole, in a section, or in a list of maps. */
const isForMap = (around: Around): boolean => {
  const pair = around.findLast(isPair);
  return pair === undefined || (isScalar(pair.key) && isSection(pair.key.value));
};

const isGlued = (role: unknown, { value, type }: Scalar, around: Around): boolean => {
  const word = type === 'PLAIN' ? GLUED.exec(String(value))?.[1] : undefined;
  return word !== undefined && isKnown(word) && (role === 'key' || isForMap(around));
};

/** The mistakes that YAML lets pass: aliases of nothing before them, or of what they are part of; merge keys; a missing space. */
const misused = (document: Document): readonly Flaw[] => {
  const found: Flaw[] = [];
  visit(document, {
    Alias: (_, alias, around) => {
      const named = alias.resolve(document);
      if (named === undefined || around.includes(named)) found.push([offset(alias, 0), BAD_ALIAS]);
    },
    Scalar: (role, scalar, around) => {
      // In quotes it is a word like others.
      if (role === 'key' && scalar.value === '<<' && scalar.type === 'PLAIN')
        found.push([offset(scalar, 0), MERGE_KEY]);
      if (isGlued(role, scalar, around)) found.push([offset(scalar, 0), NO_SPACE]);
    },
  });
  return found;
};

/** Everything that is wrong with the syntax; where a part cannot be read, what YAML lets pass is not looked for. */
export const flaws = (document: Document, text: string, lines: LineCounter): readonly Flaw[] => {
  const errors = [...document.errors, ...document.warnings];
  if (errors.length === 0) return misused(document);
  const all = new Map(errors.map(explained(document, text, lines)).map((flaw) => [flaw[0], flaw]));
  return [...all.values()];
};
