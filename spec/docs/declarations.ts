/** What a module exports, as the compiler has declared it: names, types, and what is said of them. */
import { readFileSync } from 'node:fs';

export interface Declaration {
  /** As its importers call it. */
  readonly name: string;
  readonly kind: 'interface' | 'type' | 'value';
  readonly says: string;
  /** With their brackets; `''` is none. */
  readonly parameters: string;
  /** What an interface extends; `''` is nothing. */
  readonly base: string;
  /** The body of an interface, or the type that the name stands for or has. */
  readonly code: string;
}

export interface Member {
  readonly name: string;
  readonly type: string;
  readonly says: string;
}

// Specs run in dist/spec/docs, and what is declared lies in dist/lib.
const read = (file: string): string =>
  readFileSync(new URL(`../../lib/${file.replace(/\.js$/, '.d.ts')}`, import.meta.url), 'utf8').replaceAll(
    '\r\n',
    '\n',
  );

const COMMENT = String.raw`/\*\*((?:(?!\*/)[^])*)\*/`;

/** A comment as one line. */
const said = (comment = ''): string =>
  comment
    .replace(/^ *\* ?/gm, '')
    .replace(/\s+/g, ' ')
    .trim();

/** A type as one line. All that is exported is read-only, so that it is not said of each part. */
export const plain = (type: string): string =>
  type
    .replace(new RegExp(COMMENT, 'g'), '')
    .replace(/\breadonly /g, '')
    .replace(/import\("[^"]*"\)\./g, '')
    .replace(/\s+/g, ' ')
    .replace(/; }/g, ' }')
    .replace(/^\s*\| /, '')
    .trim();

const DECLARED = new RegExp(
  String.raw`(?:^${COMMENT}\n)?^(?:export )?(?:declare )?(interface|type|const) (\w+)(<[^<>]*(?:<[^<>]*>[^<>]*)*>)?(?:(?: extends ([^{]*))? \{\n([^]*?)^\}\n|(?: =|:)\s*([^]*?);\n(?![\s}]))`,
  'gm',
);

/** All that a file declares, by the names there. */
const declaredIn = (file: string): readonly Declaration[] =>
  [...`${read(file)}export {};\n`.matchAll(DECLARED)].map(
    ([, comment, kind, name = '', parameters = '', base = '', body, code]): Declaration => ({
      name,
      kind: kind === 'const' ? 'value' : (kind as 'interface' | 'type'),
      says: said(comment),
      parameters,
      base: plain(base),
      code: body ?? code ?? '',
    }),
  );

/** One name can be that of a type and that of a value. */
const allDeclared = (file: string, name: string): readonly [Declaration, ...Declaration[]] => {
  const [first, ...more] = declaredIn(file).filter((declaration) => declaration.name === name);
  if (first === undefined) throw new Error(`${file} does not declare ${name}`);
  return [first, ...more];
};

export const declared = (file: string, name: string): Declaration => allDeclared(file, name)[0];

export interface Exported {
  /** Of `lib`. */
  readonly file: string;
  readonly declaration: Declaration;
  /** Whether it has an export of its own, or is here since others are made of it. */
  readonly isPart: boolean;
}

const NAMES = /^export (?:type )?\{([^}]*)\} from '\.\/(.*?)';/gm;

/** What a file declares for itself, and these are made of: what `Phase` is, of a failure that timed out. */
const partsOf = (file: string, exported: readonly Exported[]): readonly Exported[] =>
  declaredIn(file)
    .filter(
      ({ kind, name, parameters }) =>
        kind === 'type' &&
        parameters === '' &&
        exported.some(({ declaration: { code } }) => new RegExp(`\\b${name}\\b`).test(code)) &&
        !exported.some(({ declaration }) => declaration.name === name),
    )
    .map((declaration) => ({ file, declaration, isPart: true }));

interface Named {
  readonly file: string;
  readonly name: string;
  readonly alias: string;
}

const namesIn = (index: string): readonly Named[] => {
  const folder = index.replace(/[^/]*$/, '');
  return [...read(index).matchAll(NAMES)].flatMap(([, names = '', from = '']) =>
    [...names.matchAll(/(?:type )?(\w+)(?: as (\w+))?,?/g)].map(([, name = '', alias = name]) => ({
      file: `${folder}${from}`,
      name,
      alias,
    })),
  );
};

const folderOf = (file: string): string => file.replace(/[^/]*$/, '');

/** With the names that importers know; in one folder a name means one thing. */
const renamed = (names: readonly Named[], file: string, declaration: Declaration): Declaration => {
  const others = names.filter(({ name, alias, ...other }) => name !== alias && folderOf(other.file) === folderOf(file));
  const inside = (text: string): string =>
    others.reduce((all, { name, alias }) => all.replace(new RegExp(`\\b${name}\\b`, 'g'), alias), text);
  return { ...declaration, parameters: inside(declaration.parameters), code: inside(declaration.code) };
};

/** All that `index` exports of its own, file by file, and what that is made of. */
export const exportsOf = (index: string): readonly Exported[] => {
  const names = namesIn(index);
  return [...new Set(names.map(({ file }) => file))].flatMap((file) => {
    const own = names
      .filter((each) => each.file === file)
      .flatMap(({ name, alias }) =>
        allDeclared(file, name).map((each): Exported => {
          const declaration = renamed(names, file, each);
          return { file, declaration: { ...declaration, name: alias }, isPart: false };
        }),
      );
    return [...own, ...partsOf(file, own)];
  });
};

const IMPORTS = /^import (?:type )?\{([^}]*)\} from '(\..*?)';/gm;

/** What a file's types can name: what it imports of this package, and what it declares. */
const scopeOf = (file: string): readonly Omit<Named, 'alias'>[] => [
  ...[...read(file).matchAll(IMPORTS)].flatMap(([, names = '', from = '']) =>
    [...names.matchAll(/(\w+)(?: as \w+)?(?:,|\s*$)/g)].map(([, name = '']) => ({
      name,
      file: new URL(from, `file:///${file}`).pathname.slice(1),
    })),
  ),
  ...declaredIn(file).map(({ name }) => ({ name, file })),
];

/** The types that exports are made of, and that nobody can import. */
export const internalTo = (indexes: readonly string[]): readonly Omit<Named, 'alias'>[] => {
  const exported = indexes.flatMap(exportsOf);
  const open = indexes.flatMap(namesIn);
  const parts = exported.filter(({ isPart }) => isPart).map(({ declaration }) => declaration.name);
  const found = exported.flatMap(({ file, declaration: { base, parameters, code } }) => {
    const words = new Set(plain(`${parameters} ${base} ${code}`).match(/\b[A-Z]\w+/g));
    return scopeOf(file).filter(
      (each) =>
        words.has(each.name) &&
        !parts.includes(each.name) &&
        !open.some(({ name, file: from }) => name === each.name && from === each.file),
    );
  });
  return [...new Map(found.map((each) => [each.name, each])).values()];
};

/** `export * as`: whole modules of others, by their names. */
export const modulesOf = (index: string): readonly (readonly [name: string, module: string])[] =>
  [...read(index).matchAll(/^export \* as (\w+) from '(.*?)';/gm)].map(([, name = '', module = '']) => [name, module]);

const MEMBER = new RegExp(
  String.raw`^ {4}(?:${COMMENT}\n {4})?(?:readonly )?(\w+\??)(?::\s*)?([^]*?);\n(?= {4}[^\s}]|$(?![^]))`,
  'gm',
);

/** The members of an interface, or of a type in braces, in their order. */
export const membersOf = (body: string): readonly Member[] =>
  [...body.matchAll(MEMBER)].map(([, comment, name = '', type = '']) => ({
    name,
    // A method is written otherwise, and is a function all the same.
    type: plain(type).replace(/^(\(.*\)): (?=[\w.<>]+$)/, '$1 => '),
    says: said(comment),
  }));

export interface Case {
  readonly tag: string;
  readonly says: string;
  readonly members: readonly Member[];
}

const CASE = new RegExp(String.raw`(?:${COMMENT}\n)?(?: \| )?\{\n([^]*?)^\}`, 'gm');

/** The cases of a tagged union; none: it is no such type. */
export const casesOf = ({ kind, code }: Declaration): readonly Case[] =>
  kind !== 'type' || !/^ {4}readonly _tag: '/m.test(code) || /^\w/.test(code)
    ? []
    : [...code.matchAll(CASE)].map(([, comment, body = '']) => {
        const [tag, ...members] = membersOf(body);
        return { tag: tag?.type.replaceAll("'", '') ?? '', says: said(comment), members };
      });
