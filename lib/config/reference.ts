/** The reference of the config, made from its codecs. */
import * as t from 'io-ts';
import type { Field, Fields } from '../codecs/closed.js';
import { CONFIG } from './codec.js';
import { PLACES } from './lookup.js';

const code = (value: unknown): string => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;

const otherwise = (field: Exclude<Field, { fields: Fields }>): string =>
  'default' in field ? code(field.codec.encode(field.default)) : field.otherwise;

/** A row a key; the keys of a section inside the section bear its name, those of a list's entries the list's. */
const rows = (fields: Fields, prefix = ''): readonly string[] =>
  Object.entries(fields).flatMap(([key, field]) => {
    const name = prefix + key;
    if ('fields' in field) {
      const [value, inside] =
        field.codec instanceof t.ArrayType ? [field.codec.name, `${name}[].`] : ['a map', `${name}.`];
      return [`| \`${name}\` | ${value} | | ${field.description} |`, ...rows(field.fields, inside)];
    }
    return [`| \`${name}\` | ${field.codec.name} | ${otherwise(field)} | ${field.description} |`];
  });

export const table = (fields: Fields): readonly string[] => [
  '| Key | Value | Default | Meaning |',
  '|---|---|---|---|',
  ...rows(fields),
];

const chapters = Object.entries(CONFIG).flatMap(([key, { description, fields }]) => [
  `## ${key}`,
  '',
  description,
  '',
  ...table(fields),
  '',
]);

/** docs/config.md. */
export const reference = (): string =>
  [
    '<!-- Made from lib/config/codec.ts. After a change there: npm run build && UPDATE_DOCS=1 npx mocha -->',
    '# Configuration',
    '',
    `One YAML file: the one that \`--config\` names, else \`$SEAKING_CONFIG\`, else ${PLACES.map(code).join(', else ')}.`,
    'Every key may be left out. `seaking-proxy check` reports every problem with its line, or shows the config that results; there, `(set)` stands for what may be a secret: keys, the values of header fields, the options of stages.',
    '',
    '```yaml',
    'target_proxy:',
    '  url: https://api.example.com/v1',
    `  api_key: \${TARGET_KEY}`,
    '```',
    '',
    '- A plain number is seconds for a duration and bytes for a size; `500ms`, `90s`, `2m`, `1h` and `64KiB`, `20MiB`, `1GiB` may be written too.',
    `- ${code(`\${NAME}`)} in any value is taken from the environment, and is an error where it is not set; ${code(`\${NAME:-default}`)} has a default, which may be empty. ${code(`$\${`)} is a plain ${code(`\${`)}. Inside brackets, write it in quotes.`,
    '- A key that is not known is an error, and so is a status that is in both `retry_codes` and `fail_codes`, a first wait longer than `max_delay`, and `api_key` along with `api_key_file`.',
    '',
    ...chapters,
  ].join('\n');
