/** The reference of all that a stage's author can import, made from what the compiler has declared of it. */
import { reasons } from '../../lib/core/reason.js';
import {
  casesOf,
  type Declaration,
  type Exported,
  exportsOf,
  internalTo,
  membersOf,
  modulesOf,
  plain,
} from './declarations.js';

const cell = (text: string): string => text.replaceAll('|', '\\|');
const code = (text: string): string => (text === '' ? '' : `\`${cell(text)}\``);

const table = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] => {
  // A column in which nothing stands tells nothing.
  const kept = head.map((_, i) => rows.some((row) => row[i] !== ''));
  const line = (cells: readonly string[]) => `| ${cells.filter((_, i) => kept[i]).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(kept.filter(Boolean).length)}`, ...rows.map(line), ''];
};

/** Where a type is longer, the names of its members are enough. */
const MOST_SHOWN = 160;

const typeOf = (declaration: Declaration): string => {
  const type = plain(declaration.code);
  const names = membersOf(declaration.code.replace(/^(Readonly<)?\{\n|\}>?$/g, '')).map(({ name }) => name);
  return type.length > MOST_SHOWN && names.length > 0 ? `{ ${names.join(', ')} }` : type;
};

const described = (declaration: Declaration, title: string): readonly string[] => {
  const { name, kind, says, parameters, base } = declaration;
  const cases = casesOf(declaration);
  const lines = [`### ${title}`, '', ...(says === '' ? [] : [says, ''])];
  if (cases.length > 0) {
    const rows = cases.map(({ tag, says: sense, members }) => [
      code(tag),
      members.map(({ name: key, type }) => code(`${key}: ${type}`)).join(', '),
      [sense, ...members.filter((each) => each.says !== '').map((each) => `\`${each.name}\`: ${each.says}`)]
        .join(' ')
        .trim(),
    ]);
    return [...lines, ...table(['`_tag`', 'And', 'Meaning'], rows)];
  }
  // Its rows follow as a table.
  if (plain(declaration.code) === 'keyof typeof table') return lines;
  if (kind === 'type') return [...lines, `\`${name}${plain(parameters)} = ${plain(declaration.code)}\``, ''];
  const rows = membersOf(declaration.code).map((member) => [code(member.name), code(member.type), cell(member.says)]);
  const extended = base === '' ? [] : [`All of \`${base}\`, and:`, ''];
  return [...lines, ...extended, ...(rows.length === 0 ? [] : table(['Field', 'Type', 'Meaning'], rows))];
};

const REASONS = table(
  ['Reason', 'Status', 'Tried again', 'Caused by'],
  Object.entries(reasons).map(([reason, { status, keeps, retried, by }]) => [
    code(reason),
    keeps === 'none' ? `${status}` : `${status}, or the upstream's own (${keeps})`,
    retried ? 'yes' : '',
    by,
  ]),
);

const isValue = ({ declaration }: Exported): boolean => declaration.kind === 'value';

interface Part {
  readonly title: string;
  /** What stands first. */
  readonly intro?: readonly string[];
  /** What stands last. */
  readonly more?: readonly string[];
  /** Behind the name of each type, which another part may have too. */
  readonly suffix?: string;
}

const part = (
  { title, intro = [], more = [], suffix = '' }: Part,
  exported: readonly Exported[],
): readonly string[] => {
  const values = exported
    .filter(isValue)
    .map(({ declaration }) => [code(declaration.name), code(typeOf(declaration)), cell(declaration.says)]);
  return [
    `## ${title}`,
    '',
    ...intro,
    ...(values.length === 0 ? [] : table(['Value', 'Type', 'Meaning'], values)),
    ...exported
      .filter((each) => !isValue(each))
      .flatMap(({ declaration }) => described(declaration, `${declaration.name}${suffix}`)),
    ...more,
  ];
};

const EVENTS = ['The `events` of a `TestProxy` are these.', ''];

const PARTS: readonly (Part & { readonly files: RegExp })[] = [
  { title: 'Stages', files: /core\/custom-stage/ },
  { title: 'Requests and replies', files: /core\/(exchange|dialect|headers)|dialects\// },
  {
    title: 'Tries and failures',
    files: /core\/(attempt|failure|reading|reason|schedule)/,
    more: ['### Reasons, and what follows', '', ...REASONS],
  },
  { title: 'Options', files: /codecs\// },
  { title: 'Events', files: /./, intro: EVENTS },
];

const TESTING: Part = { title: 'seaking-proxy/testing', suffix: ' (testing)' };

const INDEXES = ['index.js', 'testing/index.js'];

const internal = (): string =>
  internalTo(INDEXES)
    .map(({ name, file }) => `${code(name)} (${code(file.replace(/\.js$/, '.d.ts'))})`)
    .join(', ');

/** As GitHub makes it of a heading. */
export const anchor = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(' ', '-')
    .replace(/[^\w-]/g, '');

/** The whole of docs/stages-reference.md. */
export const reference = (): string => {
  const face = exportsOf('index.js');
  const partOf = ({ file }: Exported) => PARTS.find(({ files }) => files.test(file));
  return [
    '<!-- Made from lib/index.ts and lib/testing/index.ts. After a change there: npm run build && UPDATE_DOCS=1 npx mocha -->',
    '# Stages: the reference',
    '',
    'Everything that `seaking-proxy` exports, then everything that `seaking-proxy/testing` exports. The function that a stage file exports gets the first as its argument. How to begin: [stages.md](stages.md).',
    '',
    "All of it is read-only. A name with `?` may be missing. A name that ends in `Ms` is in milliseconds. `O.Option<A>` is `{ _tag: 'None' }` or `{ _tag: 'Some', value }`, and `O.none`, `O.some(value)` make one; `E.Either<A, B>` is `{ _tag: 'Left', left }` or `{ _tag: 'Right', right }`; a `TE.TaskEither` is a function that returns a promise of one. They are modules of fp-ts, and come with the package:",
    '',
    ...table(
      ['Value', 'What it is'],
      modulesOf('index.js').map(([name, module]) => [code(name), `the module ${code(module)}`]),
    ),
    `Types without a heading here cannot be imported; they stand in the package's \`dist/lib\`: ${internal()}. \`ReplyFaultName\` and \`GoodName\` are the names that \`seaking-proxy demo --list\` shows.`,
    '',
    `The parts: ${[...PARTS, TESTING].map(({ title }) => `[${title}](#${anchor(title)})`).join(', ')}.`,
    '',
    ...PARTS.flatMap((each) =>
      part(
        each,
        face.filter((exported) => partOf(exported) === each),
      ),
    ),
    ...part(TESTING, exportsOf('testing/index.js')),
  ].join('\n');
};

/** Exports without a word of explanation. */
export const unexplained = (): readonly string[] =>
  INDEXES.flatMap(exportsOf)
    .filter(({ declaration, isPart }) => !isPart && declaration.says === '')
    .map(({ declaration }) => declaration.name);
