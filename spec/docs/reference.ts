/** The reference of all that a stage's author can import, made from what the compiler has declared of it. */
import { reasons } from '../../lib/core/reason.js';
import { casesOf, type Declaration, type Exported, exportsOf, membersOf, modulesOf, plain } from './declarations.js';

const cell = (text: string): string => text.replaceAll('|', '\\|');
const code = (text: string): string => (text === '' ? '' : `\`${cell(text)}\``);

const table = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] => {
  // A column in which nothing stands tells nothing.
  const kept = head.map((_, i) => rows.some((row) => row[i] !== ''));
  const line = (cells: readonly string[]) => `| ${cells.filter((_, i) => kept[i]).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(kept.filter(Boolean).length)}`, ...rows.map(line), ''];
};

/** Each room has a signature of its own; here their names are enough. */
const MOST_SHOWN = 160;

const typeOf = (declaration: Declaration): string => {
  const type = plain(declaration.code);
  const names = membersOf(declaration.code.replace(/^(Readonly<)?\{\n|\}>?$/g, '')).map(({ name }) => name);
  return type.length > MOST_SHOWN && names.length > 0 ? `{ ${names.join(', ')} }` : type;
};

const described = (declaration: Declaration): readonly string[] => {
  const { name, kind, says, parameters, base } = declaration;
  const cases = casesOf(declaration);
  const lines = [`### ${name}`, '', ...(says === '' ? [] : [says, ''])];
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

const part = (title: string, exported: readonly Exported[], more: readonly string[] = []): readonly string[] => {
  const values = exported
    .filter(isValue)
    .map(({ declaration }) => [code(declaration.name), code(typeOf(declaration)), cell(declaration.says)]);
  return [
    `## ${title}`,
    '',
    ...(values.length === 0 ? [] : table(['Value', 'Type', 'Meaning'], values)),
    ...exported.filter((each) => !isValue(each)).flatMap(({ declaration }) => described(declaration)),
    ...more,
  ];
};

const PARTS: readonly (readonly [title: string, files: RegExp])[] = [
  ['Stages', /core\/custom-stage/],
  ['Requests and replies', /core\/(exchange|headers)|bodies\//],
  ['Tries and failures', /core\/(attempt|failure|reading|reason|schedule)/],
  ['Options', /codecs\//],
  ['Rooms', /./],
];

const TESTING = 'seaking-proxy/testing';

/** As GitHub makes it of a heading. */
const anchor = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(' ', '-')
    .replace(/[^\w-]/g, '');

/** The whole of docs/stages-reference.md. */
export const reference = (): string => {
  const face = exportsOf('index.js');
  const partOf = ({ file }: Exported): string => PARTS.find(([, files]) => files.test(file))?.[0] ?? '';
  return [
    '<!-- Made from lib/index.ts and lib/testing/index.ts. After a change there: npm run build && UPDATE_DOCS=1 npx mocha -->',
    '# Stages: the reference',
    '',
    'All that `seaking-proxy` exports, which is also what the function that a stage file exports gets, and then what `seaking-proxy/testing` does. How to begin: [stages.md](stages.md).',
    '',
    "All of it is read-only. A name with `?` may be missing. What ends in `Ms` is in milliseconds. `O.Option<A>` is `{ _tag: 'None' }` or `{ _tag: 'Some', value }`, and `O.none`, `O.some(value)` make one; `E.Either<A, B>` is `{ _tag: 'Left', left }` or `{ _tag: 'Right', right }`; a `TE.TaskEither` is a function that gives a promise of one. They are of fp-ts, and come along:",
    '',
    ...table(
      ['Value', 'What it is'],
      modulesOf('index.js').map(([name, module]) => [code(name), `the module ${code(module)}`]),
    ),
    `The parts: ${[...PARTS.map(([title]) => title), TESTING].map((title) => `[${title}](#${anchor(title)})`).join(', ')}.`,
    '',
    ...PARTS.flatMap(([title]) =>
      part(
        title,
        face.filter((each) => partOf(each) === title),
        title === 'Tries and failures' ? ['### Reasons, and what follows', '', ...REASONS] : [],
      ),
    ),
    ...part(TESTING, exportsOf('testing/index.js')),
  ].join('\n');
};

/** Exports without a word of explanation. */
export const unexplained = (): readonly string[] =>
  [...exportsOf('index.js'), ...exportsOf('testing/index.js')]
    .filter(({ declaration, isPart }) => !isPart && declaration.says === '')
    .map(({ declaration }) => declaration.name);
